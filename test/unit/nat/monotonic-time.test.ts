import { describe, expect, test } from '@jest/globals';
import { toMonotonicMs, toStartMs } from '../../../src/nat/monotonic-time.ts';

describe('times of the wall clock on the monotonic one', () => {
  test('now is now', () => {
    expect(Math.abs(toMonotonicMs(Date.now() * 1e6) - performance.now())).toBeLessThan(20);
    expect(toMonotonicMs((Date.now() - 5_000) * 1e6)).toBeCloseTo(performance.now() - 5_000, -2);
  });

  test('a stamp tells when an entry began; without one it is what else is known', () => {
    const nowMs = performance.now();
    expect(toStartMs((Date.now() - 5_000) * 1e6, 7, nowMs)).toBeCloseTo(nowMs - 5_000, -2);
    expect(toStartMs(0, 7, nowMs)).toBe(7);
  });

  test('a stamp of the future was made before the clock was set back: it tells nothing', () => {
    expect(toStartMs((Date.now() + 5_000) * 1e6, 7, performance.now())).toBe(-Infinity);
  });
});
