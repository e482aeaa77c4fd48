import { DROP_KEY_BYTES } from './drop-layout.ts';
import { addDropValue, decodeDropKey, readDropPackets, type DropSum } from './drop-sum.ts';

/** Adds up over an interval what the kernel's maps held at each drain. */
export class DropSums {
  readonly #limit: number;
  #sums = new Map<string, DropSum>();
  /** Packets of flows for which there was no room. */
  overflowPackets = 0;

  constructor(limit: number) {
    this.#limit = limit;
  }

  /**
   * Adds `count` entries of a drop map.
   * @param clockOffsetNs see `monotonicToWallOffsetNs`
   * @param note is told of each sum that has grown
   */
  add(keys: Buffer, values: Buffer, count: number, clockOffsetNs: number, note: (sum: DropSum) => void): void {
    for (let i = 0; i < count; i++) {
      const key = keys.toString('latin1', i * DROP_KEY_BYTES, (i + 1) * DROP_KEY_BYTES);
      let sum = this.#sums.get(key);
      if (sum === undefined) {
        if (this.#sums.size >= this.#limit) {
          this.overflowPackets += readDropPackets(values, i);
          continue;
        }
        sum = decodeDropKey(keys, i);
        this.#sums.set(key, sum);
      }
      addDropValue(sum, values, i, clockOffsetNs);
      note(sum);
    }
  }

  *[Symbol.iterator](): Iterator<DropSum> {
    yield* this.#sums.values();
  }

  /** All sums since the last call. */
  take(): readonly DropSum[] {
    if (this.#sums.size === 0) return [];
    const sums = [...this.#sums.values()];
    this.#sums = new Map();
    return sums;
  }
}
