import { describe, expect, test } from '@jest/globals';
import { LOAD_MARGIN_MS, msUntilBoundary, msUntilLoadStart } from '../../bench/capture/interval-timing.ts';

const INTERVAL_MS = 10_000;

describe('msUntilBoundary', () => {
  test('leads to the next multiple of the interval, never to now', () => {
    expect(msUntilBoundary(1_763_712_003_400, INTERVAL_MS)).toBe(6_600);
    expect(msUntilBoundary(1_763_712_000_000, INTERVAL_MS)).toBe(INTERVAL_MS);
  });
});

describe('msUntilLoadStart', () => {
  test.each([
    [0, 8_000],
    [1_299, 8_000],
    [1_300, 8_000],
    [1_301, 8_000],
    [9_999, 8_000],
    [4_321, 20_000],
    [5_000, 3_000],
  ])('at %i ms, a load of %i ms ends the margin before an interval does', (nowMs, loadMs) => {
    const waitMs = msUntilLoadStart(nowMs, loadMs, INTERVAL_MS);
    expect(waitMs).toBeGreaterThanOrEqual(0);
    expect(waitMs).toBeLessThan(INTERVAL_MS);
    expect((nowMs + waitMs + loadMs + LOAD_MARGIN_MS) % INTERVAL_MS).toBe(0);
  });
});
