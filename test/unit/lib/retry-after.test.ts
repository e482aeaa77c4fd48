import { describe, expect, test } from '@jest/globals';
import { parseRetryAfter } from '../../../src/lib/retry-after.ts';

const NOW_MS = Date.UTC(2026, 10, 21, 11, 0, 0);

describe('Retry-After', () => {
  test.each([
    ['0', 0],
    ['3', 3_000],
    [' 120 ', 120_000],
    ['Sat, 21 Nov 2026 11:00:04 GMT', 4_000],
    ['Saturday, 21-Nov-26 11:00:04 GMT', 4_000],
    ['Sat, 21 Nov 2026 10:59:00 GMT', 0],
  ])('%p is %i ms', (header, expected) => expect(parseRetryAfter(header, NOW_MS)).toBe(expected));

  test.each([undefined, '', '-1', '1.5', '3 seconds', '0x10', 'soon', '2026-11-21', 'Sat, 99 Nov 2026 11:00:04 GMT'])(
    '%p is none',
    (header) => expect(parseRetryAfter(header, NOW_MS)).toBeUndefined(),
  );
});
