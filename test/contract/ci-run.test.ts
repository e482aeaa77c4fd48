import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { ROOT } from '../support/source-files.ts';

const TESTS = {
  good: "test('a', () => {}); test('b', () => {});",
  bad: "test('a', () => {}); test('b', () => { throw new Error('planted'); });",
  skipping: "test('a', () => {}); test.skip('b', () => {}); test.todo('c');",
  broken: 'this does not parse',
};

/** The last line and the status of a run made of these lines, with jest's config of the planted tests at hand. */
function run(lines: readonly string[]): { last: string | undefined; status: number | null; text: string } {
  const script = ['set -u', `. ${ROOT}.ci/steps.sh`, ...lines, 'finish'].join('\n');
  const { stdout, status } = spawnSync('bash', ['-c', script], { encoding: 'utf8' });
  return { last: stdout.trimEnd().split('\n').at(-1), status, text: stdout };
}

describe('.ci/run', () => {
  let folder = '';

  const jest = (name: keyof typeof TESTS): string =>
    `tests ${name} ${process.execPath} ${ROOT}node_modules/jest/bin/jest.js --config ${folder}/jest.json ${name}`;

  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'podflow-ci-'));
    writeFileSync(join(folder, 'jest.json'), JSON.stringify({ rootDir: folder, transform: {}, watchman: false }));
    for (const [name, text] of Object.entries(TESTS)) writeFileSync(join(folder, `${name}.test.js`), text);
  });

  afterAll(() => {
    rmSync(folder, { recursive: true, force: true });
  });

  test('sums the tests of all runs', () => {
    expect(run([jest('good'), jest('skipping')])).toMatchObject({ last: '3 passed, 0 failed, 2 skipped', status: 0 });
  });

  test('fails with a failed test, and runs on behind it', () => {
    expect(run([jest('bad'), jest('good')])).toMatchObject({ last: '3 passed, 1 failed, 0 skipped', status: 1 });
  });

  test('counts a test file that does not load', () => {
    expect(run([jest('broken'), jest('good')])).toMatchObject({ last: '2 passed, 1 failed, 0 skipped', status: 1 });
  });

  test('counts a run that ends without a report', () => {
    expect(run(['tests gone true', jest('good')])).toMatchObject({ last: '2 passed, 1 failed, 0 skipped', status: 1 });
  });

  test('fails with a failed step, names it, and prints the totals last all the same', () => {
    const result = run(['step planted false', jest('good')]);
    expect(result).toMatchObject({ last: '2 passed, 0 failed, 0 skipped', status: 1 });
    expect(result.text).toContain('failed: planted');
  });

  test('fails when no test ran at all', () => {
    expect(run(['step good true'])).toMatchObject({ last: '0 passed, 0 failed, 0 skipped', status: 1 });
  });
});
