/** Frames and bytes since a backend started. */
export interface FrameTotals {
  readonly frames: number;
  readonly bytes: number;
}

/** The last differences that are looked at. */
const TICKS = 3;

/**
 * What an interface counted and a backend never saw, where the backend itself does not know.
 *
 * At any time interface − seen = lost + in flight (counted, and not read yet). What is lost stays lost, so the least
 * difference of the last few ticks is the nearest that can be said while frames are in flight; it never goes down.
 */
export class MissedFrames {
  readonly #recent: FrameTotals[] = [];
  #frames = 0;
  #bytes = 0;

  get frames(): number {
    return this.#frames;
  }

  get bytes(): number {
    return this.#bytes;
  }

  /** Takes both sums, read as near to the same moment as can be. Fewer counted than seen is as good as none missed. */
  tick(counted: FrameTotals, seen: FrameTotals): void {
    this.#recent.push({ frames: counted.frames - seen.frames, bytes: counted.bytes - seen.bytes });
    if (this.#recent.length > TICKS) this.#recent.shift();
    if (this.#recent.length < TICKS) return;
    this.#frames = Math.max(this.#frames, Math.min(...this.#recent.map((difference) => difference.frames)));
    this.#bytes = Math.max(this.#bytes, Math.min(...this.#recent.map((difference) => difference.bytes)));
  }

  /**
   * The last word, when nothing more will be read: what is still in flight is missed too. Corrects what ticks said too
   * much because at none of them everything had been read.
   */
  settle(counted: FrameTotals, seen: FrameTotals): void {
    this.#frames = Math.max(0, counted.frames - seen.frames);
    this.#bytes = Math.max(0, counted.bytes - seen.bytes);
  }
}
