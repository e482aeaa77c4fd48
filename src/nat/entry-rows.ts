import { KEY_WORDS } from './tuple-key.ts';

/** What a row's flags say. */
export const ROW_FLAG = {
  used: 1,
  /** Key 0 / key 1 was written with its ends swapped. */
  originalSwapped: 2,
  deliveredSwapped: 4,
  /** Key 0 / key 1 is in the index. */
  originalLinked: 8,
  deliveredLinked: 16,
  translatedSource: 32,
  translatedDestination: 64,
  /** Told by a dump: when it began is not known unless the kernel stamped it. */
  fromDump: 128,
} as const;

export const TRANSLATED = ROW_FLAG.translatedSource | ROW_FLAG.translatedDestination;

/**
 * Rows of one address family in two typed arrays over one buffer. The buffer is as large as it may ever get, but the
 * kernel gives memory only for the pages that were written: rows are taken from the low end on, and a freed row is
 * the next to be used.
 *
 * A row: key of the original tuple, key of the delivered tuple, the next node of the index for each, CTA_ID, facts
 * (protocol, flags, zone), a link (of the list of free or of ended rows), the dump in which it was last seen; then start
 * and end as doubles: milliseconds on the monotonic clock, -Infinity for a start that is not known, Infinity for an
 * end that has not come. IPv4: 64 bytes, one cache line; IPv6: 112.
 *
 * A *node* is one of a row's two keys: 2 × row for the original tuple, 2 × row + 1 for the delivered one.
 */
export class EntryRows {
  readonly words: Uint32Array;
  readonly times: Float64Array;
  readonly keyWords: number;
  readonly #maxRows: number;
  /** Words of a row. */
  readonly #stride: number;
  readonly #tail: number;
  /** Head of the free rows, as row + 1; 0 is none. */
  #free = 0;
  #limit = 0;
  #used = 0;

  constructor(isIpv6: boolean, maxRows: number) {
    this.keyWords = isIpv6 ? KEY_WORDS.ipv6 : KEY_WORDS.ipv4;
    this.#tail = 2 * this.keyWords;
    this.#stride = this.#tail + 10;
    this.#maxRows = maxRows;
    this.words = new Uint32Array(maxRows * this.#stride);
    this.times = new Float64Array(this.words.buffer);
  }

  /** All rows ever used are lower. */
  get limit(): number {
    return this.#limit;
  }
  get used(): number {
    return this.#used;
  }

  /** Gives out a row that is in no list, otherwise as it was left; -1 when there is none. */
  allocate(): number {
    let row = this.#free - 1;
    if (row !== -1) this.#free = this.words[this.#at(row, 4)]!;
    else if (this.#limit < this.#maxRows) row = this.#limit++;
    else return -1;
    this.words[this.#at(row, 4)] = 0;
    this.#used++;
    return row;
  }

  free(row: number): void {
    this.words[this.#at(row, 3)] = 0;
    this.words[this.#at(row, 4)] = this.#free;
    this.#free = row + 1;
    this.#used--;
  }

  /** Where a node's key begins in `words`. */
  keyAt(node: number): number {
    return (node >>> 1) * this.#stride + (node & 1) * this.keyWords;
  }
  hasKey(node: number, words: Uint32Array, at: number): boolean {
    const keyAt = this.keyAt(node);
    for (let word = 0; word < this.keyWords; word++) if (this.words[keyAt + word] !== words[at + word]) return false;
    return true;
  }
  setKey(node: number, key: Uint32Array): void {
    const keyAt = this.keyAt(node);
    for (let word = 0; word < this.keyWords; word++) this.words[keyAt + word] = key[word]!;
  }
  /** Where the node after this one is told, as node + 1. */
  nextAt(node: number): number {
    return this.#at(node >>> 1, node & 1);
  }
  id(row: number): number {
    return this.words[this.#at(row, 2)]!;
  }
  protocol(row: number): number {
    return this.words[this.#at(row, 3)]! & 0xff;
  }
  flags(row: number): number {
    return (this.words[this.#at(row, 3)]! >>> 8) & 0xff;
  }
  zone(row: number): number {
    return this.words[this.#at(row, 3)]! >>> 16;
  }
  setFacts(row: number, id: number, protocol: number, flags: number, zone: number): void {
    this.words[this.#at(row, 2)] = id;
    this.words[this.#at(row, 3)] = protocol | (flags << 8) | (zone << 16);
  }
  addFlag(row: number, flag: number): void {
    this.words[this.#at(row, 3)]! |= flag << 8;
  }
  removeFlag(row: number, flag: number): void {
    this.words[this.#at(row, 3)]! &= ~(flag << 8);
  }
  link(row: number): number {
    return this.words[this.#at(row, 4)]!;
  }
  setLink(row: number, value: number): void {
    this.words[this.#at(row, 4)] = value;
  }
  seenIn(row: number): number {
    return this.words[this.#at(row, 5)]!;
  }
  setSeenIn(row: number, dump: number): void {
    this.words[this.#at(row, 5)] = dump;
  }
  startMs(row: number): number {
    return this.times[this.#at(row, 6) >>> 1]!;
  }
  setStartMs(row: number, timeMs: number): void {
    this.times[this.#at(row, 6) >>> 1] = timeMs;
  }
  endMs(row: number): number {
    return this.times[(this.#at(row, 6) >>> 1) + 1]!;
  }
  setEndMs(row: number, timeMs: number): void {
    this.times[(this.#at(row, 6) >>> 1) + 1] = timeMs;
  }

  /** Where a word behind the keys stands. */
  #at(row: number, word: number): number {
    return row * this.#stride + this.#tail + word;
  }
}
