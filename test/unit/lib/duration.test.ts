import { expect, test } from '@jest/globals';
import { parseDurationMs } from '../../../src/lib/duration.ts';

test.each([
  ['500ms', 500],
  ['20s', 20_000],
  ['1.5m', 90_000],
  ['2h', 7_200_000],
  ['0ms', 0],
])('%s is %d ms', (text, durationMs) => {
  expect(parseDurationMs(text)).toBe(durationMs);
});

test.each(['', '5', 's', '-1s', '1 s', '1d', '1s2m', '.5s', '1e3s', '1S', 'Infinitys', '1s\n'])(
  '"%s" is no duration',
  (text) => {
    expect(parseDurationMs(text)).toBeUndefined();
  },
);
