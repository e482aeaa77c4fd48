/** Bounds of the waits, in milliseconds. */
export interface BackoffBounds {
  readonly baseMs: number;
  readonly mostMs: number;
  /** Failures further apart than this are not in a row. */
  readonly calmMs: number;
}

/**
 * How long to wait after each failure: from `baseMs` to twice that, doubled with each further failure in a row, never
 * more than `mostMs`. The draw is as wide as the wait, so that kinds and replicas do not come back all at once.
 */
export class Backoff {
  readonly #bounds: BackoffBounds;
  readonly #random: () => number;
  #failures = 0;
  #lastMs = -Infinity;

  /** @param random gives numbers from 0 to below 1 */
  constructor(bounds: BackoffBounds, random: () => number) {
    this.#bounds = bounds;
    this.#random = random;
  }

  /** Counts a failure at `nowMs` (any clock that only goes forward) and tells the milliseconds to wait. */
  nextMs(nowMs: number): number {
    const { baseMs, mostMs, calmMs } = this.#bounds;
    if (nowMs - this.#lastMs > calmMs) this.#failures = 0;
    const leastMs = Math.min(mostMs / 2, baseMs * 2 ** this.#failures);
    this.#failures = Math.min(this.#failures + 1, 30);
    const waitMs = leastMs * (1 + this.#random());
    this.#lastMs = nowMs + waitMs;
    return waitMs;
  }

  reset(): void {
    this.#failures = 0;
  }
}
