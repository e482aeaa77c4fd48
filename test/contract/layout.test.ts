import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { readSourceFiles, ROOT } from '../support/source-files.ts';

const TOP_LEVEL = `
  .ci .git .gitignore .jest.config.mjs .knip.json .ls-lint.yml .npmrc .oxlintrc.json .prettierignore .prettierrc.json
  CHANGELOG.md LICENSE README.md coverage deploy dist grafana node_modules otel package-lock.json package.json src test
  tsconfig.json`;
const TEST_FOLDERS = 'bench contract e2e fixtures fuzz integration support unit'.split(' ');
const MOST_LINES = 300;
/** The kernel program is one translation unit. */
const LONGER: Readonly<Record<string, number>> = { 'src/capture/ebpf/flow.bpf.c': 650 };
const CODE = /\.(ts|mjs|sh|c|h)$/;
/** Folders of one machine; a file that names them works nowhere else. */
const MACHINE_PATH = /(?<![\w.])\/(work|root|home\/\w+)\/\w/;

describe('the layout', () => {
  test('has nothing at the top level but what is listed', () => {
    const listed = new Set(TOP_LEVEL.split(/\s+/));
    expect(readdirSync(ROOT).filter((name) => !listed.has(name))).toEqual([]);
  });

  test('has the known kinds of tests', () => {
    const entries = readdirSync(`${ROOT}/test`);
    expect(entries.filter((name) => !TEST_FOLDERS.includes(name))).toEqual([]);
    expect(entries).toContain('unit');
  });

  test('has no source file longer than a reader keeps in mind', () => {
    const files = readSourceFiles('src', CODE);
    expect(files.length).toBeGreaterThan(20);
    const lengths = files.map(({ path, text }) => [path, text.split('\n').length - 1] as const);
    expect(lengths.filter(([path, lines]) => lines > (LONGER[path] ?? MOST_LINES))).toEqual([]);
  });

  test('names no folder of a particular machine', () => {
    const folders = ['src', 'test', 'deploy', '.ci', 'otel', 'grafana'].filter((name) => existsSync(join(ROOT, name)));
    const files = folders.flatMap((folder) => readSourceFiles(folder, /\.(ts|mjs|sh|c|h|md|json|ya?ml)$/));
    expect(files.length).toBeGreaterThan(100);
    const offending = files.filter(({ path }) => !path.endsWith('layout.test.ts'));
    expect(offending.filter(({ text }) => MACHINE_PATH.test(text)).map(({ path }) => path)).toEqual([]);
  });
});
