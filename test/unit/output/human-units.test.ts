import { expect, test } from '@jest/globals';
import { toByteText, toCountText, toDurationText } from '../../../src/output/human-units.ts';

test.each([
  [0, '0 B'],
  [74, '74 B'],
  [999, '999 B'],
  [1_000, '1.0 kB'],
  [1_949, '1.9 kB'],
  [9_949, '9.9 kB'],
  [9_950, '10 kB'],
  [999_499, '999 kB'],
  [999_500, '1.0 MB'],
  [35_000_000, '35 MB'],
  [2 ** 53, '9.0 PB'],
])('%d bytes are %s', (byteCount, text) => {
  expect(toByteText(byteCount)).toBe(text);
});

test.each([
  [0, '0'],
  [999, '999'],
  [1_234, '1.2k'],
  [12_345_678, '12M'],
])('a count of %d is %s', (count, text) => {
  expect(toCountText(count)).toBe(text);
});

test.each([
  [350, '350 ns'],
  [1_500, '1.5 µs'],
  [204_800, '205 µs'],
  [999_600, '1.0 ms'],
  [45_000_000, '45 ms'],
  [999_499_999, '999 ms'],
  [999_500_000, '1.0 s'],
  [3_000_000_000, '3.0 s'],
  [75e9, '75 s'],
])('%d ns are %s', (durationNs, text) => {
  expect(toDurationText(durationNs)).toBe(text);
});
