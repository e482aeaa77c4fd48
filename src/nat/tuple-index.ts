import { randomBytes } from 'node:crypto';
import { hashKey } from '../lib/hash-key.ts';
import { type EntryRows, ROW_FLAG } from './entry-rows.ts';

/** Nodes of one key. Generations of a tuple and zones are few; more only when someone makes them. */
const MAX_ALIKE = 32;
const LINKED = [ROW_FLAG.originalLinked, ROW_FLAG.deliveredLinked] as const;

/**
 * Finds nodes by key and protocol: hashing with chains that run through the rows. There are as many buckets as there may
 * be nodes, in memory that the kernel gives page by page as they are used, so that nothing ever grows or is copied.
 * Newer nodes of a key stand before older ones. The oldest of more than `MAX_ALIKE` alike is taken out, so that no
 * chain grows long because someone sends what shares a key.
 */
export class TupleIndex {
  readonly #rows: EntryRows;
  /** First node of each bucket, as node + 1. */
  readonly #heads: Int32Array;
  readonly #mask: number;
  readonly #seed = randomBytes(4).readInt32LE();

  constructor(rows: EntryRows, maxRows: number) {
    this.#rows = rows;
    const buckets = 2 ** Math.ceil(Math.log2(2 * maxRows));
    this.#heads = new Int32Array(buckets);
    this.#mask = buckets - 1;
  }

  /** Hash of the key at `at` in `words`. */
  hash(words: Uint32Array, at: number, protocol: number): number {
    return hashKey(this.#seed ^ Math.imul(protocol, 0x9e3779b1), words, at, this.#rows.keyWords);
  }

  /** First node of the chain in which nodes with this hash are, or -1. */
  first(hash: number): number {
    return this.#heads[hash & this.#mask]! - 1;
  }

  /** The node after this one in its chain, or -1. */
  next(node: number): number {
    return this.#rows.words[this.#rows.nextAt(node)]! - 1;
  }

  /** Whether a node has this key and protocol. */
  isAt(node: number, words: Uint32Array, at: number, protocol: number): boolean {
    return this.#rows.hasKey(node, words, at) && this.#rows.protocol(node >>> 1) === protocol;
  }

  /** Puts a node in; `hash` is that of its key. */
  insert(node: number, hash: number): void {
    const rows = this.#rows;
    this.#removeOldest(hash, node);
    const bucket = hash & this.#mask;
    rows.words[rows.nextAt(node)] = this.#heads[bucket]!;
    this.#heads[bucket] = node + 1;
    rows.addFlag(node >>> 1, LINKED[node & 1]!);
  }

  /** Takes a node out, if it is in. */
  remove(node: number): void {
    const rows = this.#rows;
    const row = node >>> 1;
    if ((rows.flags(row) & LINKED[node & 1]!) === 0) return;
    const bucket = this.hash(rows.words, rows.keyAt(node), rows.protocol(row)) & this.#mask;
    const after = rows.words[rows.nextAt(node)]!;
    if (this.#heads[bucket] === node + 1) this.#heads[bucket] = after;
    else {
      let before = this.#heads[bucket]! - 1;
      while (this.next(before) !== node) before = this.next(before);
      rows.words[rows.nextAt(before)] = after;
    }
    rows.removeFlag(row, LINKED[node & 1]!);
  }

  #removeOldest(hash: number, like: number): void {
    const { words } = this.#rows;
    const at = this.#rows.keyAt(like);
    const protocol = this.#rows.protocol(like >>> 1);
    let alike = 0;
    let oldest = -1;
    for (let node = this.first(hash); node !== -1; node = this.next(node)) {
      if (!this.isAt(node, words, at, protocol)) continue;
      alike++;
      oldest = node;
    }
    if (alike >= MAX_ALIKE) this.remove(oldest);
  }
}
