import { randomBytes } from 'node:crypto';
import type { FlowRow } from './flow-row.ts';
import { hashKey } from '../lib/hash-key.ts';
import { RowIndex } from './row-index.ts';
import { ROW_STATE, ROW_U32 } from './row-layout.ts';
import { RowStore } from './row-store.ts';

/** Words of a key, its point included: the same tuple at two points is two flows. */
export const KEY_WORDS = { ipv4: 5, ipv6: 11 } as const;

/**
 * Flows by key. One cursor serves all: a row that a method returned is good until the next call.
 * Rows without packets to report are *settled*; under pressure they make room for new ones.
 */
export class FlowRows {
  readonly #store: RowStore;
  readonly #index: RowIndex;
  readonly #seed = randomBytes(4).readInt32LE();
  #pending = 0;
  /** Where the search for a settled row goes on, as the hand of a clock. */
  #hand = 0;

  constructor(maxRows: number) {
    this.#store = new RowStore(maxRows);
    this.#index = new RowIndex(this.#store);
  }

  get used(): number {
    return this.#store.used;
  }
  /** All rows have a lower index. */
  get limit(): number {
    return this.#store.limit;
  }

  /** The used row at an index, or undefined where there is none. */
  at(index: number): FlowRow | undefined {
    return (this.#store.stateAt(index) & ROW_STATE.used) === 0 ? undefined : this.#store.at(index);
  }

  /** Row of a key of 5 (IPv4) or 11 words (IPv6). */
  find(keys: Uint32Array, at: number, isIpv6: boolean): FlowRow | undefined {
    const wordCount = isIpv6 ? KEY_WORDS.ipv6 : KEY_WORDS.ipv4;
    const index = this.#index.find(hashKey(this.#seed, keys, at, wordCount), keys, at, wordCount);
    return index === -1 ? undefined : this.#store.at(index);
  }

  /** Gives out an emptied row for a key that has none; undefined when all rows are used. */
  open(keys: Uint32Array, at: number, isIpv6: boolean): FlowRow | undefined {
    const wordCount = isIpv6 ? KEY_WORDS.ipv6 : KEY_WORDS.ipv4;
    const row = this.#store.allocate(keys, at, wordCount, isIpv6);
    if (row === undefined) return undefined;
    this.#index.insert(hashKey(this.#seed, keys, at, wordCount), row.index);
    return row;
  }

  /** Notes that a row has packets to report. */
  markPending(row: FlowRow): void {
    if (row.isPending) return;
    row.state |= ROW_STATE.pending;
    this.#pending++;
  }

  /** Notes that all its packets were reported. */
  markSettled(row: FlowRow): void {
    if (!row.isPending) return;
    row.state &= ~ROW_STATE.pending;
    this.#pending--;
  }

  release(row: FlowRow): void {
    this.markSettled(row);
    const wordCount = row.isIpv6 ? KEY_WORDS.ipv6 : KEY_WORDS.ipv4;
    this.#index.remove(hashKey(this.#seed, row.chunk.u32, row.u32At + ROW_U32.key, wordCount), row.index);
    this.#store.free(row);
  }

  /**
   * A settled row, or undefined when there is none. Rows settle only when they are reported, so between two reports
   * the hand goes round about once, however often it is asked.
   */
  findSettled(): FlowRow | undefined {
    if (this.#pending === this.#store.used) return undefined;
    for (;;) {
      this.#hand = this.#hand + 1 < this.#store.limit ? this.#hand + 1 : 0;
      const state = this.#store.stateAt(this.#hand);
      if ((state & (ROW_STATE.used | ROW_STATE.pending)) === ROW_STATE.used) return this.#store.at(this.#hand);
    }
  }
}
