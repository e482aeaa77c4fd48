import { wallClockNs } from '../lib/clock.ts';
import { SILENT_LOG, type Log } from '../lib/log.ts';

/** The wall clock is looked at no less often than this, so that a step is followed within a second. */
const LONGEST_SLEEP_MS = 1000;
const NS_PER_MS = 1e6;

/**
 * Called at the end of an interval. `skippedIntervals` whole intervals had passed by unnoticed after `endNs` (a held
 * event loop, a suspended machine, a clock set forward): what was seen in them is handed over with this one.
 */
export type IntervalCallback = (startNs: number, endNs: number, skippedIntervals: number) => Promise<void>;

/** Start of the wall-clock aligned interval that holds `timeNs` (all in ns; since the Unix epoch for wall clocks). */
export function toIntervalStartNs(timeNs: number, intervalNs: number): number {
  return Math.floor(timeNs / intervalNs) * intervalNs;
}

/** The first interval boundary after `nowNs`. */
export function nextBoundaryNs(nowNs: number, intervalNs: number): number {
  return toIntervalStartNs(nowNs, intervalNs) + intervalNs;
}

/**
 * Ends report intervals for live captures: start = floor(wall clock / interval). Calls never overlap; the interval
 * that runs while one is awaited is ended when it has resolved, with the number of intervals that went by.
 *
 * A wall clock set back by less than an interval lengthens the running interval; one set back further ends it at once
 * and begins anew at the clock's time.
 */
export class IntervalClock {
  readonly #intervalNs: number;
  readonly #onEnd: IntervalCallback;
  readonly #log: Log;
  readonly #nowNs: () => number;
  #startNs: number;
  #timer: NodeJS.Timeout | undefined;
  #isRunning = false;
  #ending: Promise<void> = Promise.resolve();

  /** @param nowNs wall clock in ns since the Unix epoch, for tests */
  constructor(intervalMs: number, onEnd: IntervalCallback, log: Log = SILENT_LOG, nowNs: () => number = wallClockNs) {
    this.#intervalNs = intervalMs * NS_PER_MS;
    this.#onEnd = onEnd;
    this.#log = log;
    this.#nowNs = nowNs;
    this.#startNs = toIntervalStartNs(nowNs(), this.#intervalNs);
  }

  /** Start of the running interval, ns since the Unix epoch. */
  get intervalStartNs(): number {
    return this.#startNs;
  }

  /** Begins at the interval that runs now. */
  start(): void {
    this.#isRunning = true;
    this.#startNs = toIntervalStartNs(this.#nowNs(), this.#intervalNs);
    this.#sleep();
  }

  /** No call is made after this; resolves when the one that runs has. The running interval stays with the caller. */
  async stop(): Promise<void> {
    this.#isRunning = false;
    clearTimeout(this.#timer);
    await this.#ending;
  }

  #sleep(): void {
    const restMs = Math.ceil((this.#startNs + this.#intervalNs - this.#nowNs()) / NS_PER_MS);
    this.#timer = setTimeout(() => this.#wake(), Math.min(Math.max(restMs, 0), LONGEST_SLEEP_MS));
  }

  #wake(): void {
    const nowNs = this.#nowNs();
    const startNs = this.#startNs;
    const endNs = startNs + this.#intervalNs;
    // Timers run by the monotonic clock and may be early by the wall clock.
    if (nowNs < endNs && nowNs > startNs - this.#intervalNs) return this.#sleep();
    this.#startNs = toIntervalStartNs(nowNs, this.#intervalNs);
    const skipped = Math.max(0, Math.round((this.#startNs - endNs) / this.#intervalNs));
    if (skipped > 0) this.#log.warn({ skippedIntervals: skipped }, 'report intervals went by unnoticed');
    this.#ending = this.#end(startNs, endNs, skipped);
  }

  async #end(startNs: number, endNs: number, skippedIntervals: number): Promise<void> {
    try {
      await this.#onEnd(startNs, endNs, skippedIntervals);
    } catch (error) {
      this.#log.error({ err: error }, 'ending a report interval failed');
    }
    if (this.#isRunning) this.#sleep();
  }
}
