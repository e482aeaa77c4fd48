import { describe, expect, test } from '@jest/globals';
import { ScanSchedule } from '../../../src/capture/node/scan-schedule.ts';

/** Polls every 200 ms as the backend does, and returns when scans began; each takes 50 ms. */
function run(seconds: number, changes: readonly number[], isAllKnown: (nowMs: number) => boolean): number[] {
  const schedule = new ScanSchedule();
  const begun: number[] = [];
  for (let nowMs = 0; nowMs <= seconds * 1000; nowMs += 200) {
    for (const change of changes) if (change > nowMs - 200 && change <= nowMs) schedule.noteChange(nowMs);
    if (!schedule.isDue(nowMs)) continue;
    begun.push(nowMs);
    schedule.begin(nowMs);
    schedule.end(nowMs + 50, isAllKnown(nowMs));
  }
  return begun;
}

describe('when processes are looked through', () => {
  test('at the start, and every ten seconds when nothing changes', () => {
    expect(run(31, [], () => true)).toEqual([0, 10_000, 20_000, 30_000]);
  });

  test('a second after a change', () => {
    expect(run(5, [3_000], () => true)).toEqual([0, 4_000]);
  });

  test('never twice in a second, however much changes', () => {
    const changes = Array.from({ length: 200 }, (_, i) => i * 100);
    const begun = run(20, changes, () => false);
    const gaps = begun.slice(1).map((at, i) => at - (begun[i] ?? 0));
    expect(Math.min(...gaps)).toBeGreaterThanOrEqual(1_000);
    expect(begun.length).toBeGreaterThan(15);
  });

  test('again and ever later while a pod is not known, then every ten seconds', () => {
    expect(run(60, [], () => false)).toEqual([0, 1_200, 3_400, 7_600, 15_800, 25_800, 35_800, 45_800, 55_800]);
  });

  test('at once when a pod that is observed from within is gone', () => {
    const schedule = new ScanSchedule();
    schedule.begin(0);
    schedule.end(10, true);
    schedule.noteLoss(1_500);
    expect(schedule.isDue(1_500)).toBe(true);
  });

  test('not while one runs', () => {
    const schedule = new ScanSchedule();
    schedule.begin(0);
    expect(schedule.isDue(60_000)).toBe(false);
    schedule.end(60_000, true);
    expect(schedule.isDue(60_000)).toBe(true);
  });

  test('everything is looked at anew at the start and every ten seconds, else only what changed', () => {
    const schedule = new ScanSchedule();
    const isFull = [0, 2_000, 9_000, 10_000, 15_000, 20_000].map((nowMs) => {
      const full = schedule.begin(nowMs);
      schedule.end(nowMs, true);
      return full;
    });
    expect(isFull).toEqual([true, false, false, true, false, true]);
  });
});
