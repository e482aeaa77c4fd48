import { KEY_BYTES, VALUE_BYTES } from '../../model/flow-delta.ts';
import { KEY_WORDS } from './flow-key.ts';
import { KeyTable } from './key-table.ts';

const VALUE_WORDS = VALUE_BYTES / 4;

/**
 * Flows of one address family and interval. Entries lie one behind the other in the layout of flow-delta.ts, so that
 * handing them over copies nothing. Memory is reserved for the bound at once and taken from the system as it is first
 * touched.
 */
export class FlowMap {
  readonly family: 'ipv4' | 'ipv6';
  /** The values as bytes and as little-endian words. */
  readonly bytes: Uint8Array;
  readonly words: Uint32Array;
  readonly #table: KeyTable;

  constructor(family: 'ipv4' | 'ipv6', maxFlows: number) {
    this.family = family;
    this.words = new Uint32Array(maxFlows * VALUE_WORDS);
    this.bytes = new Uint8Array(this.words.buffer);
    this.#table = new KeyTable(KEY_WORDS[family], maxFlows);
  }

  get count(): number {
    return this.#table.count;
  }

  /** Entry of a key, NO_ENTRY if there is none. */
  find(key: Uint32Array): number {
    return this.#table.find(key);
  }

  /** Entry of a key, made with a value of zeros if there was none; NO_ENTRY when the map is full. */
  findOrInsert(key: Uint32Array): number {
    return this.#table.findOrInsert(key);
  }

  /** Writes a u64 of nanoseconds at a byte offset of the values. */
  writeTime(at: number, timeNs: number): void {
    const high = Math.floor(timeNs / 2 ** 32);
    this.words[at / 4] = timeNs - high * 2 ** 32;
    this.words[at / 4 + 1] = high;
  }

  /** Keys of the entries from `from` up to `to`, as a view. */
  keysOf(from: number, to: number): Uint8Array {
    const keyBytes = KEY_BYTES[this.family];
    return new Uint8Array(this.#table.keys.buffer, from * keyBytes, (to - from) * keyBytes);
  }

  /** Values of the entries from `from` up to `to`, as a view. */
  valuesOf(from: number, to: number): Uint8Array {
    return this.bytes.subarray(from * VALUE_BYTES, to * VALUE_BYTES);
  }

  clear(): void {
    if (this.count === 0) return;
    this.words.fill(0, 0, this.count * VALUE_WORDS);
    this.#table.clear();
  }
}
