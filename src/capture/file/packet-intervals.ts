import type { SplitTime } from './timestamp-unit.ts';

const NS_PER_SECOND = 1e9;
/** Packets this much older than the first one still have a time of their own. */
const SECONDS_BEFORE_FIRST = 86_400;

/**
 * Packet time as the clock of a capture file. Times are nanoseconds after a second near the first packet, so that they
 * are exact, which nanoseconds since the Unix epoch in a double are not. Report intervals are aligned as on a live
 * probe: start = floor(time / interval).
 */
export class PacketIntervals {
  readonly #intervalNs: number;
  #zeroSeconds = 0;
  #startNs = 0;
  #hasBegun = false;

  constructor(intervalMs: number) {
    this.#intervalNs = intervalMs * 1e6;
  }

  get hasBegun(): boolean {
    return this.#hasBegun;
  }

  /** Added to a time of this clock it gives nanoseconds since the Unix epoch. */
  get clockOffsetNs(): number {
    return this.#zeroSeconds * NS_PER_SECOND;
  }

  /** The running interval, on this clock. */
  get startNs(): number {
    return this.#startNs;
  }

  get endNs(): number {
    return this.#startNs + this.#intervalNs;
  }

  /** Sets the clock by the first packet, and begins the interval that holds it. */
  begin(first: SplitTime): void {
    this.#zeroSeconds = first.seconds - SECONDS_BEFORE_FIRST;
    this.#hasBegun = true;
    this.moveTo(this.toTimeNs(first));
  }

  /** Time of a packet on this clock, at least 1. */
  toTimeNs({ seconds, nanoseconds }: SplitTime): number {
    return Math.max(1, (seconds - this.#zeroSeconds) * NS_PER_SECOND + nanoseconds);
  }

  /** Begins the next interval. */
  moveOn(): void {
    this.#startNs = this.endNs;
  }

  /** Begins the interval that holds a time. */
  moveTo(timeNs: number): void {
    // The zero's place within its interval: exact, because it is a whole number of seconds below 2^53 / 5^9.
    const zeroInIntervalNs = this.clockOffsetNs % this.#intervalNs;
    this.#startNs = Math.floor((timeNs + zeroInIntervalNs) / this.#intervalNs) * this.#intervalNs - zeroInIntervalNs;
  }
}
