import { IntervalCells } from './interval-cells.ts';

/** Of sums that are to be begun anew. */
const NONE = -Infinity;

/**
 * The intervals that the map looks back on: the one of now, `length` before it, and the next one, for observers whose
 * clock is ahead. An interval is a number: time since the Unix epoch divided by its length.
 */
export class MapWindow {
  /** The newest interval that is kept, and the oldest one. */
  newest = -Infinity;
  oldest = -Infinity;
  readonly #intervalMs: number;
  readonly #length: number;
  readonly #edgeCapacity: number;
  readonly #slots: (IntervalCells | undefined)[];

  constructor(windowMs: number, intervalMs: number, edgeCapacity: number) {
    this.#intervalMs = intervalMs;
    this.#length = Math.ceil(windowMs / intervalMs);
    this.#edgeCapacity = edgeCapacity;
    this.#slots = Array.from({ length: this.#length + 2 });
  }

  /** Moves to a time, also back; true where that is another interval. What is then outside the window is forgotten. */
  moveTo(nowMs: number): boolean {
    const newest = Math.floor(nowMs / this.#intervalMs) + 1;
    if (newest === this.newest) return false;
    this.newest = newest;
    this.oldest = newest - this.#length - 1;
    for (const cells of this.#slots) {
      if (cells !== undefined && (cells.interval > this.newest || cells.interval < this.oldest)) cells.interval = NONE;
    }
    return true;
  }

  /** The sums of the interval that holds a time; what is further ahead counts into the newest. Undefined: too old. */
  resolve(timeMs: number): IntervalCells | undefined {
    const interval = Math.min(Math.floor(timeMs / this.#intervalMs), this.newest);
    if (!(interval >= this.oldest)) return undefined;
    const at = interval % this.#slots.length;
    const known = this.#slots[at];
    if (known === undefined) return (this.#slots[at] = new IntervalCells(interval, this.#edgeCapacity));
    if (known.interval !== interval) known.reset(interval);
    return known;
  }

  /** The first interval of a shorter window; the oldest one where it is not shorter. */
  firstOf(windowMs: number | undefined): number {
    if (windowMs === undefined) return this.oldest;
    return Math.max(this.oldest, this.newest - 1 - Math.ceil(windowMs / this.#intervalMs));
  }

  toStartMs(interval: number): number {
    return interval * this.#intervalMs;
  }

  /** The sums of the intervals from one on that are within the window. */
  since(interval: number): IntervalCells[] {
    return this.#slots.filter((cells) => cells !== undefined).filter((cells) => cells.interval >= interval);
  }
}
