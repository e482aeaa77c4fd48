import { KEY_BYTES } from '../model/flow-delta.ts';
import { ROW_U32 } from './row-layout.ts';
import type { RowStore } from './row-store.ts';

const FIRST_SLOTS = 1_024;
const IPV4_KEY_WORDS = KEY_BYTES.ipv4 / 4;

/**
 * Finds rows by key: open addressing with linear probing, each slot the key's hash and the row's index + 1 (0 = free).
 * It doubles when half full, and deletes by shifting back, so that no tombstones pile up (Knuth, TAOCP 6.4 R).
 */
export class RowIndex {
  readonly #rows: RowStore;
  #slots = new Int32Array(2 * FIRST_SLOTS);
  #mask = FIRST_SLOTS - 1;
  #size = 0;

  constructor(rows: RowStore) {
    this.#rows = rows;
  }

  /** Index of the row with this key, or -1. `hash` is of the key and its family. */
  find(hash: number, keys: Uint32Array, at: number, wordCount: number): number {
    const slots = this.#slots;
    for (let slot = hash & this.#mask; ; slot = (slot + 1) & this.#mask) {
      const index = slots[2 * slot + 1]! - 1;
      if (index === -1) return -1;
      if (slots[2 * slot] === hash && this.#hasKey(index, keys, at, wordCount)) return index;
    }
  }

  insert(hash: number, index: number): void {
    if (2 * this.#size > this.#mask) this.#double();
    this.#size++;
    put(this.#slots, this.#mask, hash, index + 1);
  }

  /** Takes out a row that is in the index. */
  remove(hash: number, index: number): void {
    const slots = this.#slots;
    const mask = this.#mask;
    let hole = hash & mask;
    while (slots[2 * hole + 1] !== index + 1) hole = (hole + 1) & mask;
    for (let slot = (hole + 1) & mask; slots[2 * slot + 1] !== 0; slot = (slot + 1) & mask) {
      // An entry may fill the hole only when its own first slot does not lie behind the hole.
      const home = slots[2 * slot]! & mask;
      if (((slot - home) & mask) < ((slot - hole) & mask)) continue;
      slots[2 * hole] = slots[2 * slot]!;
      slots[2 * hole + 1] = slots[2 * slot + 1]!;
      hole = slot;
    }
    slots[2 * hole + 1] = 0;
    this.#size--;
  }

  #hasKey(index: number, keys: Uint32Array, at: number, wordCount: number): boolean {
    const row = this.#rows.at(index);
    if (row.isIpv6 !== wordCount > IPV4_KEY_WORDS) return false;
    const words = row.chunk.u32;
    const keyAt = row.u32At + ROW_U32.key;
    for (let word = 0; word < wordCount; word++) if (words[keyAt + word] !== keys[at + word]) return false;
    return true;
  }

  #double(): void {
    const old = this.#slots;
    this.#slots = new Int32Array(2 * old.length);
    this.#mask = this.#slots.length / 2 - 1;
    for (let at = 0; at < old.length; at += 2)
      if (old[at + 1] !== 0) put(this.#slots, this.#mask, old[at]!, old[at + 1]!);
  }
}

function put(slots: Int32Array, mask: number, hash: number, entry: number): void {
  let slot = hash & mask;
  while (slots[2 * slot + 1] !== 0) slot = (slot + 1) & mask;
  slots[2 * slot] = hash;
  slots[2 * slot + 1] = entry;
}
