import { KEY_BYTES, VALUE_BYTES } from '../../model/flow-delta.ts';
import { KEY_WORDS } from './flow-key.ts';
import { createHashSeed, hashWords } from './word-hash.ts';

/** No entry: nothing found, or no room. */
export const NO_ENTRY = -1;

const VALUE_WORDS = VALUE_BYTES / 4;

/**
 * Flows of one address family and interval. Entries lie one behind the other in the layout of flow-delta.ts, so that
 * handing them over copies nothing; an index of entry numbers by key (open addressing, linear probing, at most half
 * full) finds them. Memory is reserved for the bound at once and taken from the system as it is first touched.
 */
export class FlowMap {
  readonly family: 'ipv4' | 'ipv6';
  /** The values as bytes and as little-endian words. */
  readonly bytes: Uint8Array;
  readonly words: Uint32Array;
  readonly #keys: Uint32Array;
  readonly #index: Int32Array;
  readonly #mask: number;
  readonly #maxFlows: number;
  readonly #keyWords: number;
  readonly #seed = createHashSeed();
  #count = 0;

  constructor(family: 'ipv4' | 'ipv6', maxFlows: number) {
    this.family = family;
    this.#maxFlows = maxFlows;
    this.#keyWords = KEY_WORDS[family];
    this.words = new Uint32Array(maxFlows * VALUE_WORDS);
    this.bytes = new Uint8Array(this.words.buffer);
    this.#keys = new Uint32Array(maxFlows * this.#keyWords);
    const slots = 2 ** Math.ceil(Math.log2(maxFlows * 2));
    this.#index = new Int32Array(slots).fill(NO_ENTRY);
    this.#mask = slots - 1;
  }

  get count(): number {
    return this.#count;
  }

  /** Entry of a key, NO_ENTRY if there is none. */
  find(key: Uint32Array): number {
    return this.#index[this.#findSlot(key)] as number;
  }

  /** Entry of a key, made with a value of zeros if there was none; NO_ENTRY when the map is full. */
  findOrInsert(key: Uint32Array): number {
    const slot = this.#findSlot(key);
    const found = this.#index[slot] as number;
    if (found !== NO_ENTRY) return found;
    const entry = this.#count;
    if (entry === this.#maxFlows) return NO_ENTRY;
    const at = entry * this.#keyWords;
    for (let word = 0; word < this.#keyWords; word++) this.#keys[at + word] = key[word] as number;
    this.#index[slot] = entry;
    this.#count = entry + 1;
    return entry;
  }

  #findSlot(key: Uint32Array): number {
    let slot = hashWords(key, this.#keyWords, this.#seed) & this.#mask;
    let entry = this.#index[slot] as number;
    while (entry !== NO_ENTRY && !this.#hasKey(entry, key)) {
      slot = (slot + 1) & this.#mask;
      entry = this.#index[slot] as number;
    }
    return slot;
  }

  #hasKey(entry: number, key: Uint32Array): boolean {
    const at = entry * this.#keyWords;
    for (let word = 0; word < this.#keyWords; word++) if (this.#keys[at + word] !== key[word]) return false;
    return true;
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
    return new Uint8Array(this.#keys.buffer, from * keyBytes, (to - from) * keyBytes);
  }

  /** Values of the entries from `from` up to `to`, as a view. */
  valuesOf(from: number, to: number): Uint8Array {
    return this.bytes.subarray(from * VALUE_BYTES, to * VALUE_BYTES);
  }

  clear(): void {
    if (this.#count === 0) return;
    this.words.fill(0, 0, this.#count * VALUE_WORDS);
    this.#index.fill(NO_ENTRY);
    this.#count = 0;
  }
}
