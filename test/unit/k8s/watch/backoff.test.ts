import { describe, expect, test } from '@jest/globals';
import { Backoff } from '../../../../src/k8s/watch/backoff.ts';
import { DEFAULT_WATCH_TIMING } from '../../../../src/k8s/watch/watch-timing.ts';

const BOUNDS = { baseMs: 800, mostMs: 30_000, calmMs: 120_000 };

describe('the backoff', () => {
  test.each([
    [0, [800, 1_600, 3_200, 6_400, 12_800, 15_000, 15_000]],
    [0.5, [1_200, 2_400, 4_800, 9_600, 19_200, 22_500, 22_500]],
  ])('doubles up to its bound; drawn %d', (drawn, waits) => {
    const backoff = new Backoff(BOUNDS, () => drawn);
    expect(waits.map(() => backoff.nextMs(0))).toEqual(waits);
  });

  test('is never shorter than 0.8 s nor longer than 30 s', () => {
    const { backoffBaseMs: baseMs, backoffMostMs: mostMs } = DEFAULT_WATCH_TIMING;
    const backoff = new Backoff({ baseMs, mostMs, calmMs: Infinity }, Math.random);
    for (let i = 0; i < 2_000; i++) {
      const waitMs = backoff.nextMs(i);
      expect(waitMs >= 800 && waitMs <= 30_000).toBe(true);
    }
  });

  test('begins anew after a reset, and after a calm time counted from the end of the wait', () => {
    const backoff = new Backoff(BOUNDS, () => 0);
    expect([backoff.nextMs(0), backoff.nextMs(1_000)]).toEqual([800, 1_600]);
    expect(backoff.nextMs(2_600 + 120_000)).toBe(3_200);
    expect(backoff.nextMs(2_600 + 120_000 + 3_200 + 120_001)).toBe(800);
    backoff.nextMs(300_000);
    backoff.reset();
    expect(backoff.nextMs(300_001)).toBe(800);
  });
});
