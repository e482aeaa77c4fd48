import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { ROOT } from './source-files.ts';

const FENCE = /```yaml\n([^`]*)```/g;

/** The YAML that a page of the checkout shows, in its order. */
export function readYamlSnippets(path: string): string[] {
  return [...readFileSync(join(ROOT, path), 'utf8').matchAll(FENCE)].map(([, text = '']) => text);
}
