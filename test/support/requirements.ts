import { accessSync, constants } from 'node:fs';
import { delimiter, resolve } from 'node:path';
import { describe } from '@jest/globals';

/** A describe whose tests need root and the tools, each a name or a path. */
export function describeWithRights(title: string, tools: readonly string[], body: () => void): void {
  describeUnless([...(process.getuid?.() === 0 ? [] : ['root']), ...tools.filter(isMissing)], title, body);
}

/** A describe whose tests need the tools, each a name or a path. */
export function describeWithTools(title: string, tools: readonly string[], body: () => void): void {
  describeUnless(tools.filter(isMissing), title, body);
}

/** Where something is missing the tests are skipped with a word why; with CI=true they fail, since nothing may be. */
function describeUnless(missing: readonly string[], title: string, body: () => void): void {
  if (missing.length === 0) {
    describe(title, body);
    return;
  }
  const reason = `missing: ${missing.join(', ')} (sh deploy/setup.sh e2e installs and builds the tools)`;
  if (process.env['CI'] === 'true') throw new Error(`${title}: ${reason}`);
  process.stderr.write(`skipped: ${title}: ${reason}\n`);
  describe.skip(title, body);
}

function isMissing(tool: string): boolean {
  const folders = [...(process.env['PATH'] ?? '').split(delimiter), '/usr/sbin', '/sbin'];
  return !folders.some((folder) => isExecutable(resolve(folder, tool)));
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}
