import { describe, expect, test } from '@jest/globals';
import { parseTime } from '../../../src/evidence/parse-time.ts';

const NS = Date.UTC(2023, 9, 4, 20, 2, 43, 123) * 1e6;

describe('times of log lines', () => {
  test.each([
    '2023-10-04T20:02:43.123Z',
    '2023-10-04T20:02:43.123000000Z',
    '2023-10-04T22:02:43.123+0200',
    '2023-10-04T22:02:43.123+02:00',
    1696449763.123,
    '1696449763.123',
    1696449763123,
    '1696449763123',
    1696449763123000,
    1696449763123000000,
  ])('%j', (written) => {
    expect(parseTime(written)).toBe(NS);
  });

  test.each([
    undefined,
    null,
    '',
    'yesterday',
    '2023-10-04',
    '3023-10-04T20:02:43Z',
    99999999999,
    '2023-13-45T99:99:99Z',
    '2023-10-04T20:02:43',
    -1,
    0,
    NaN,
    1e19,
    {},
    '1e9',
  ])('%j is none', (written) => {
    expect(parseTime(written)).toBeUndefined();
  });
});
