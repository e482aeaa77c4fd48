import { describe, expect, test } from '@jest/globals';
import { parseOptions } from '../../bench/capture/options.ts';

describe('parseOptions', () => {
  test('runs everything, three times or five pairs, at the node end', () => {
    const { scenarios, observers, where, rounds, pairs, isQuick } = parseOptions([]);
    expect([...scenarios]).toEqual(['idle', 'A', 'B', 'E', 'unpaced', 'path', 'http-saturated', 'http-paced']);
    expect([...observers]).toEqual(['none', 'ebpf', 'cap', 'softflowd']);
    expect({ where, rounds, pairs, isQuick }).toEqual({ where: 'node', rounds: 3, pairs: 5, isQuick: false });
  });

  test('a quick look is one round, unless told otherwise', () => {
    expect(parseOptions(['--quick'])).toMatchObject({ rounds: 1, pairs: 1, isQuick: true });
    expect(parseOptions(['--quick', '--rounds', '2'])).toMatchObject({ rounds: 2, pairs: 2 });
  });

  test('takes lists of names', () => {
    const { scenarios, observers, where } = parseOptions([
      '--only',
      'a,HTTP-paced',
      '--observers=cap',
      '--where',
      'pod',
    ]);
    expect([...scenarios]).toEqual(['A', 'http-paced']);
    expect([...observers]).toEqual(['cap']);
    expect(where).toBe('pod');
  });

  test.each([
    ['--only', 'A,C'],
    ['--observers', ''],
    ['--where', 'host'],
    ['--rounds', '0'],
    ['--rounds', '2.5'],
    ['--fast', '1'],
  ])('refuses %s %s', (flag, value) => {
    expect(() => parseOptions([flag, value])).toThrow(flag);
  });
});
