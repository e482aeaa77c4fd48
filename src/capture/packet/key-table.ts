import { createHashSeed, hashWords } from './word-hash.ts';

/** No entry: nothing found, or no room. */
export const NO_ENTRY = -1;

/**
 * Numbers keys of a fixed length in the order in which they come, from 0: open addressing, linear probing, at most half
 * full. Memory is reserved for the bound at once and taken from the system as it is first touched.
 */
export class KeyTable {
  /** One behind the other, in the order of their entries. */
  readonly keys: Uint32Array;
  readonly #index: Int32Array;
  readonly #mask: number;
  readonly #keyWords: number;
  readonly #maxKeys: number;
  readonly #seed = createHashSeed();
  #count = 0;

  constructor(keyWords: number, maxKeys: number) {
    this.#keyWords = keyWords;
    this.#maxKeys = maxKeys;
    this.keys = new Uint32Array(maxKeys * keyWords);
    const slots = 2 ** Math.ceil(Math.log2(maxKeys * 2));
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

  /** Entry of a key, which is kept if it was not; NO_ENTRY when there is no room. */
  findOrInsert(key: Uint32Array): number {
    const slot = this.#findSlot(key);
    const found = this.#index[slot] as number;
    if (found !== NO_ENTRY) return found;
    const entry = this.#count;
    if (entry === this.#maxKeys) return NO_ENTRY;
    const at = entry * this.#keyWords;
    for (let word = 0; word < this.#keyWords; word++) this.keys[at + word] = key[word] as number;
    this.#index[slot] = entry;
    this.#count = entry + 1;
    return entry;
  }

  clear(): void {
    this.#index.fill(NO_ENTRY);
    this.#count = 0;
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
    for (let word = 0; word < this.#keyWords; word++) if (this.keys[at + word] !== key[word]) return false;
    return true;
  }
}
