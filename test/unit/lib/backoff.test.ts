import { describe, expect, test } from '@jest/globals';
import { DEFAULT_BACKOFF, resolveBackoffMs } from '../../../src/lib/backoff.ts';

const wait = (failures: number, retryAfterMs: number | undefined, random: number): number =>
  resolveBackoffMs(DEFAULT_BACKOFF, failures, retryAfterMs, random);

describe('backoff', () => {
  test('doubles up to its cap, however long the trouble lasts', () => {
    const bounds = [1, 2, 3, 4, 5, 6, 100, 1e9].map((failures) => wait(failures, undefined, 1));
    expect(bounds).toEqual([500, 1000, 2000, 4000, 5000, 5000, 5000, 5000]);
  });

  test('is spread over the whole time below its bound, but never nothing', () => {
    expect(wait(3, undefined, 0.5)).toBe(1000);
    expect(wait(1, undefined, 0)).toBe(50);
  });

  test('is at least what the receiver asked for, also beyond the cap', () => {
    expect(wait(1, 30_000, 0)).toBe(30_000);
    expect(wait(1, 30_000, 1)).toBe(30_500);
    expect(wait(4, 100, 1)).toBe(4000);
  });

  test('after "Retry-After: 0" is the usual one', () => {
    expect(wait(1, 0, 0)).toBe(50);
    expect(wait(5, 0, 1)).toBe(5000);
  });

  test('is bounded when the receiver asks for ever, as a timer must be', () => {
    expect(wait(1, 1e18, 1)).toBe(300_500);
    expect(wait(1, Infinity, 0)).toBe(300_000);
  });
});
