import { afterEach, beforeEach, describe, expect, jest, test } from '@jest/globals';
import { IntervalClock, nextBoundaryNs, toIntervalStartNs } from '../../../src/capture/interval-clock.ts';
import type { Log } from '../../../src/lib/log.ts';

const NS_PER_MS = 1e6;
/** 2023-11-14T22:13:23.400Z */
const NOW_MS = 1_700_000_003_400;
const START_MS = 1_700_000_000_000;

interface Call {
  readonly start: number;
  readonly end: number;
  readonly skipped: number;
}

const calls: Call[] = [];
const problems: string[] = [];
const log: Log = {
  debug: () => undefined,
  info: () => undefined,
  warn: (_fields, message) => problems.push(message),
  error: (_fields, message) => problems.push(message),
};

/** Calls told as milliseconds after START_MS. */
function create(work: () => Promise<void> = () => Promise.resolve()): IntervalClock {
  return new IntervalClock(
    10_000,
    (startNs, endNs, skipped) => {
      calls.push({ start: startNs / NS_PER_MS - START_MS, end: endNs / NS_PER_MS - START_MS, skipped });
      return work();
    },
    log,
  );
}

beforeEach(() => {
  calls.length = 0;
  problems.length = 0;
  jest.useFakeTimers({ now: NOW_MS });
});

afterEach(() => {
  jest.useRealTimers();
});

describe('boundaries', () => {
  test.each([
    [0, 10, 0, 10],
    [9, 10, 0, 10],
    [10, 10, 10, 20],
    [1_700_000_003_400e6, 10e9, 1_700_000_000_000e6, 1_700_000_010_000e6],
    [1_700_000_010_000e6, 10e9, 1_700_000_010_000e6, 1_700_000_020_000e6],
    [1_700_000_003_456.789e6, 1e6, 1_700_000_003_456e6, 1_700_000_003_457e6],
  ])('%d by %d: from %d to %d', (time, interval, start, next) => {
    expect(toIntervalStartNs(time, interval)).toBe(start);
    expect(nextBoundaryNs(time, interval)).toBe(next);
  });

  test('the last instant before a boundary belongs to the interval before it', () => {
    const boundary = 1_700_000_010_000e6;
    expect(toIntervalStartNs(boundary - 256, 10e9)).toBe(1_700_000_000_000e6);
    expect(toIntervalStartNs(1_700_000_010_100e6 - 256, 100e6)).toBe(1_700_000_010_000e6);
  });
});

describe('IntervalClock', () => {
  test('ends each interval at its boundary', async () => {
    const clock = create();
    clock.start();
    expect(clock.intervalStartNs).toBe(START_MS * NS_PER_MS);
    await jest.advanceTimersByTimeAsync(6599);
    expect(calls).toEqual([]);
    await jest.advanceTimersByTimeAsync(1);
    expect(calls).toEqual([{ start: 0, end: 10_000, skipped: 0 }]);
    await jest.advanceTimersByTimeAsync(20_000);
    expect(calls.slice(1)).toEqual([
      { start: 10_000, end: 20_000, skipped: 0 },
      { start: 20_000, end: 30_000, skipped: 0 },
    ]);
    await clock.stop();
  });

  test('tells the intervals that went by while the event loop was held', async () => {
    const clock = create();
    clock.start();
    jest.setSystemTime(START_MS + 47_000);
    await jest.advanceTimersByTimeAsync(1000);
    expect(calls).toEqual([{ start: 0, end: 10_000, skipped: 3 }]);
    expect(problems).toHaveLength(1);
    expect(clock.intervalStartNs).toBe((START_MS + 40_000) * NS_PER_MS);
    await clock.stop();
  });

  test('never overlaps: a slow end delays the next, which tells what it skipped', async () => {
    const release: (() => void)[] = [];
    const clock = create(() => new Promise((resolve) => release.push(resolve)));
    clock.start();
    await jest.advanceTimersByTimeAsync(6600 + 25_000);
    expect(calls).toHaveLength(1);
    release[0]?.();
    await jest.advanceTimersByTimeAsync(1);
    expect(calls[1]).toEqual({ start: 10_000, end: 20_000, skipped: 1 });
    release[1]?.();
    await clock.stop();
  });

  test('a clock set forward ends the interval within a second', async () => {
    const clock = create();
    clock.start();
    jest.setSystemTime(START_MS + 3_600_000);
    await jest.advanceTimersByTimeAsync(1000);
    expect(calls).toEqual([{ start: 0, end: 10_000, skipped: 359 }]);
    await clock.stop();
  });

  test('a clock set back by less than an interval lengthens the interval', async () => {
    const clock = create();
    clock.start();
    jest.setSystemTime(START_MS - 5000);
    await jest.advanceTimersByTimeAsync(14_999);
    expect(calls).toEqual([]);
    await jest.advanceTimersByTimeAsync(1);
    expect(calls).toEqual([{ start: 0, end: 10_000, skipped: 0 }]);
    await clock.stop();
  });

  test('a clock set back further begins anew at its time', async () => {
    const clock = create();
    clock.start();
    jest.setSystemTime(START_MS - 3_600_000 + 2000);
    await jest.advanceTimersByTimeAsync(1000);
    expect(calls).toEqual([{ start: 0, end: 10_000, skipped: 0 }]);
    expect(clock.intervalStartNs).toBe((START_MS - 3_600_000) * NS_PER_MS);
    await jest.advanceTimersByTimeAsync(7000);
    expect(calls[1]).toEqual({ start: -3_600_000, end: -3_590_000, skipped: 0 });
    await clock.stop();
  });

  test('stop waits for the end that runs, and none comes after it', async () => {
    const ends = Promise.withResolvers<void>();
    const clock = create(() => ends.promise);
    clock.start();
    await jest.advanceTimersByTimeAsync(6600);
    let isStopped = false;
    const stopped = clock.stop().then(() => {
      isStopped = true;
    });
    await jest.advanceTimersByTimeAsync(30_000);
    expect(isStopped).toBe(false);
    ends.resolve();
    await stopped;
    await jest.advanceTimersByTimeAsync(30_000);
    expect(calls).toHaveLength(1);
    expect(jest.getTimerCount()).toBe(0);
  });

  test('an end that fails is told and the next comes all the same', async () => {
    const clock = create(() => Promise.reject(new RangeError('no')));
    clock.start();
    await jest.advanceTimersByTimeAsync(16_600);
    expect(calls).toHaveLength(2);
    expect(problems).toEqual(['ending a report interval failed', 'ending a report interval failed']);
    await clock.stop();
  });
});
