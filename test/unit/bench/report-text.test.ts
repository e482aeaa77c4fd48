import { describe, expect, test } from '@jest/globals';
import { parseBenchReport } from '../../bench/support/bench-report.ts';
import { atLeast, atMost } from '../../bench/support/goal.ts';
import { toNumberText } from '../../bench/support/number-text.ts';
import { toReportText } from '../../bench/support/report-text.ts';

describe('toReportText', () => {
  test('tells plain figures, figures by owner and goals', () => {
    const text = toReportText({
      name: 'capture',
      machine: { cpus: 2 },
      figures: {
        seconds: 530,
        A: {
          ebpf: { cpu: { median: 0.31234, min: 0.3, max: 0.4, runs: 3 }, maps: 7 },
          cap: { cpu: { median: 2.5, min: 2.5, max: 2.5, runs: 1 } },
        },
      },
      goals: { cpuA: atMost(0.35, 0.31234), accountedA: atLeast(100, 99.9999) },
    });
    expect(text).toBe(
      [
        'capture (cpus 2)',
        '',
        'seconds  530',
        '',
        'A',
        '      ebpf                cap',
        'cpu   0.3123 (0.3 - 0.4)  2.5',
        'maps  7                   -',
        '',
        'GOAL        BAR      VALUE',
        'cpuA        <= 0.35  0.3123   met',
        'accountedA  >= 100   99.9999  MISSED',
        '',
      ].join('\n'),
    );
  });

  test('tells of a value that could not be measured, as JSON hands it over', () => {
    const goals = { accountedA: atLeast(100, NaN) };
    const report = parseBenchReport(JSON.stringify({ name: 'x', machine: {}, figures: {}, goals }));
    expect(report && toReportText(report)).toMatch(/accountedA {2}>= 100 {2}- {6}MISSED\n$/);
  });
});

describe('parseBenchReport', () => {
  test.each(['', 'no JSON', 'null', '[]', '{"figures":{}}'])('finds no report in %j', (text) => {
    expect(parseBenchReport(text)).toBe(undefined);
  });
});

describe('toNumberText', () => {
  test.each([
    [0, '0'],
    [2_999_998, '2999998'],
    [149_812.4, '149812'],
    [0.123456, '0.1235'],
    [99.9999, '99.9999'],
    [-868.64, '-868.6'],
  ])('%d is told as %s', (value, text) => {
    expect(toNumberText(value)).toBe(text);
  });
});
