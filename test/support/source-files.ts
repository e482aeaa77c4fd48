import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

/** The checkout. */
export const ROOT = new URL('../..', import.meta.url).pathname;

export interface SourceFile {
  /** Relative to the checkout, with `/`. */
  readonly path: string;
  readonly text: string;
}

/** The files below a folder of the checkout whose paths match, in order of their paths. */
export function readSourceFiles(folder: string, pattern: RegExp): SourceFile[] {
  const paths = readdirSync(join(ROOT, folder), { recursive: true, encoding: 'utf8' }).map((name) =>
    join(folder, name),
  );
  const wanted = paths.filter((path) => pattern.test(path)).toSorted((left, right) => (left < right ? -1 : 1));
  return wanted.map((path) => ({ path, text: readFileSync(join(ROOT, path), 'utf8') }));
}
