import { dirname, join } from 'node:path/posix';
import { describe, expect, test } from '@jest/globals';
import { readSourceFiles, type SourceFile } from '../support/source-files.ts';

const STAGES = 'capture flow nat otlp evidence k8s stitch policy ecs prometheus map inject web output'.split(' ');
const SHARED = ['model', 'lib'];

/** Folder of src → the folders that it may import beside itself. A folder without a row may not exist. */
const MAY_IMPORT: Readonly<Record<string, readonly string[]>> = {
  model: [],
  lib: ['model'],
  ...Object.fromEntries(STAGES.map((stage) => [stage, SHARED])),
  config: SHARED,
  roles: [...SHARED, ...STAGES, 'config'],
  cli: [...SHARED, 'config', 'roles'],
  'main.ts': ['cli'],
};

/** What lies outside src and may be imported, by whom. */
const OUTSIDE: Readonly<Record<string, string>> = { 'package.json': 'src/lib/version.ts' };

const IMPORT = /(?:\bfrom|\bimport)\s*\(?\s*'(\.{1,2}\/[^']+)'/g;

function findViolations(files: readonly SourceFile[]): string[] {
  if (files.length === 0) return ['there are no files'];
  return files.flatMap(({ path, text }) => {
    const targets = [...text.matchAll(IMPORT)].map(([, target = '']) => join(dirname(path), target));
    return targets.filter((target) => !isAllowed(path, target)).map((target) => `${path} imports ${target}`);
  });
}

function isAllowed(path: string, target: string): boolean {
  if (!target.startsWith('src/')) return OUTSIDE[target] === path;
  const [from = '', to = ''] = [path, target].map((each) => each.split('/')[1]);
  return from in MAY_IMPORT && (from === to || MAY_IMPORT[from]?.includes(to) === true);
}

describe('the import table', () => {
  test('is kept by every source file', () => {
    expect(findViolations(readSourceFiles('src', /\.ts$/))).toEqual([]);
  });

  test.each([
    ['src/flow/a.ts', "import { b } from '../otlp/b.ts';"],
    ['src/flow/deep/a.ts', "export { b } from '../../prometheus/b.ts';"],
    ['src/model/a.ts', "import type { Log } from '../lib/log.ts';"],
    ['src/lib/a.ts', "const { b } = await import('../config/b.ts');"],
    ['src/otlp/a.ts', "import '../roles/probe.ts';"],
    ['src/roles/a.ts', "import {\n  b,\n} from '../cli/b.ts';"],
    ['src/config/a.ts', "import packageJson from '../../package.json' with { type: 'json' };"],
    ['src/helpers/a.ts', "import { b } from '../model/b.ts';"],
  ])('sees a planted violation in %s', (path, text) => {
    expect(findViolations([{ path, text }])).toHaveLength(1);
  });

  test('lets through what it allows', () => {
    const text = "import { a } from '../model/a.ts';\nimport b from './deep/b.ts';\nimport c from '../flow/c.ts';";
    expect(findViolations([{ path: 'src/roles/probe.ts', text }])).toEqual([]);
  });

  test('does not hold for nothing', () => {
    expect(findViolations([])).toEqual(['there are no files']);
  });
});
