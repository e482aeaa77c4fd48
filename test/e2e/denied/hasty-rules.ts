import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { ROOT } from '../../support/source-files.ts';

const RULES = 'grafana/alerts/podflow.rules.yaml';
/** Three intervals of 5 s. */
const WINDOW = '15s';

/**
 * Writes the rules as they are delivered, but with minutes made seconds, so that a test sees alerts begin and end: windows
 * and offsets of 15 s, `for` 2 s, and none held up afterwards.
 */
export async function writeHastyRules(folder: string): Promise<string> {
  const rules = await readFile(join(ROOT, RULES), 'utf8');
  const hasty = rules
    .replaceAll(/\[\d+[smh]\]/g, `[${WINDOW}]`)
    .replaceAll(/\boffset \d+[smh]/g, `offset ${WINDOW}`)
    .replaceAll(/\bkeep_firing_for: \d+[smh]/g, 'keep_firing_for: 0s')
    .replaceAll(/\bfor: \d+[smh]/g, 'for: 2s');
  const path = join(folder, 'hasty.rules.yaml');
  await writeFile(path, hasty);
  return path;
}
