import { describe, expect, test } from '@jest/globals';
import { ERROR_CATALOGUE } from '../../src/lib/error-catalogue.ts';
import { PodflowError } from '../../src/lib/podflow-error.ts';
import { readSourceFiles, type SourceFile } from '../support/source-files.ts';

const CATALOGUE_PATH = 'src/lib/error-catalogue.ts';
const RAISED = /new PodflowError\(\s*'(\w+)'/g;
const FOREIGN = /new (?:Type|Range|Syntax|Reference|Aggregate)?Error\(/g;

function findViolations(files: readonly SourceFile[], codes: readonly string[]): string[] {
  const sources = files.filter(({ path }) => path !== CATALOGUE_PATH);
  const unused = codes.filter((code) => !sources.some(({ text }) => text.includes(`'${code}'`)));
  const unknown = sources.flatMap(({ path, text }) =>
    [...text.matchAll(RAISED)].flatMap(([, code = '']) => (codes.includes(code) ? [] : [`${path} raises ${code}`])),
  );
  const foreign = sources.flatMap(({ path, text }) => (text.match(FOREIGN) ?? []).map((found) => `${path}: ${found}`));
  return [...unused.map((code) => `nothing raises ${code}`), ...unknown, ...foreign];
}

const CODES = Object.keys(ERROR_CATALOGUE);

describe('the error catalogue', () => {
  test('has every error that the sources raise, and no other', () => {
    expect(findViolations(readSourceFiles('src', /\.ts$/), CODES)).toEqual([]);
  });

  test.each([
    ["throw new Error('broken');", 'src/a.ts: new Error('],
    ["reject(new TypeError('broken'));", 'src/a.ts: new TypeError('],
    ["throw new PodflowError('NO_SUCH_CODE');", 'src/a.ts raises NO_SUCH_CODE'],
    ["throw new PodflowError(\n  'NO_SUCH_CODE', {});", 'src/a.ts raises NO_SUCH_CODE'],
  ])('sees a planted violation: %s', (text, violation) => {
    expect(findViolations([{ path: 'src/a.ts', text: `'GOOD' ${text}` }], ['GOOD'])).toEqual([violation]);
  });

  test('sees a code that nothing raises', () => {
    expect(findViolations([{ path: CATALOGUE_PATH, text: "'GOOD'" }], ['GOOD'])).toEqual(['nothing raises GOOD']);
  });

  test.each(Object.entries(ERROR_CATALOGUE))('%s tells what happened and what to do', (code, { message, remedy }) => {
    expect(message.length).toBeGreaterThan(10);
    expect(remedy).toMatch(/\S/);
    expect(code).toMatch(/^[A-Z]+(_[A-Z]+)*$/);
  });

  test('fills message and remedy from the details', () => {
    const error = new PodflowError('COMMAND_UNKNOWN', { command: 'prob', known: 'probe, demo' });
    expect([error.message, error.remedy]).toEqual(['There is no command "prob".', 'Known commands: probe, demo.']);
    expect(error.exitCode).toBe(2);
  });
});
