import { ConntrackEntry, hasPorts, ORIGINAL, REPLY, TUPLE } from './conntrack-entry.ts';
import { EntryChooser } from './choose-entry.ts';
import type { EntryMatch, RecordTime } from './entry-match.ts';
import { EntryRows, ROW_FLAG, TRANSLATED } from './entry-rows.ts';
import { KEY_WORDS, readTupleKey, writeTupleKey } from './tuple-key.ts';
import { TupleIndex } from './tuple-index.ts';

/** When something happened: after `fromMs`, at the latest at `toMs` (monotonic). */
export interface EventTime {
  readonly fromMs: number;
  readonly toMs: number;
}

/** Entries of one address family, by original and by delivered tuple, with those that ended a while ago. */
export class FamilyTable {
  readonly #isIpv6: boolean;
  readonly #rows: EntryRows;
  readonly #index: TupleIndex;
  readonly #chooser: EntryChooser;
  readonly #key = new Uint32Array(KEY_WORDS.ipv6);
  readonly #deliveredKey = new Uint32Array(KEY_WORDS.ipv6);
  readonly #lookupKey = new Uint32Array(KEY_WORDS.ipv6);
  #entry = new ConntrackEntry();
  #hash = 0;
  /** Nodes with the key that was looked up last. */
  #found = 0;
  #isKeySwapped = false;
  #isDeliveredSwapped = false;
  /** Rows that ended, oldest first, linked as row + 1. */
  #oldestEnded = 0;
  #newestEnded = 0;
  #ended = 0;

  constructor(isIpv6: boolean, maxRows: number, graceMs: number) {
    this.#isIpv6 = isIpv6;
    this.#rows = new EntryRows(isIpv6, maxRows);
    this.#index = new TupleIndex(this.#rows, maxRows);
    this.#chooser = new EntryChooser(this.#rows, graceMs);
  }

  get used(): number {
    return this.#rows.used;
  }
  get ended(): number {
    return this.#ended;
  }
  get rows(): EntryRows {
    return this.#rows;
  }

  /** Lays the table over an entry: what is found or inserted from now on is of its original tuple, protocol and zone. */
  locate(entry: ConntrackEntry): void {
    this.#entry = entry;
    this.#isKeySwapped = writeTupleKey(this.#key, 0, entry.tuples, ORIGINAL, this.#isIpv6);
    this.#hash = this.#index.hash(this.#key, 0, entry.protocol);
    // The delivered tuple is the reply's reverse: the same key, the other direction.
    this.#isDeliveredSwapped = !writeTupleKey(this.#deliveredKey, 0, entry.tuples, REPLY, this.#isIpv6);
  }

  /**
   * The newest row that tells the located entry and was there at `sinceMs` (Infinity: is there now), or -1. A later
   * entry of a tuple may get the id of an earlier one, hence the look at the delivered tuple.
   */
  findSame(sinceMs: number): number {
    const rows = this.#rows;
    const { id } = this.#entry;
    for (let node = this.#index.first(this.#hash); node !== -1; node = this.#index.next(node)) {
      const row = node >>> 1;
      if (!this.#isLocated(node) || rows.endMs(row) < sinceMs) continue;
      if (rows.id(row) !== id && rows.id(row) !== 0 && id !== 0) continue;
      if (((rows.flags(row) & ROW_FLAG.deliveredSwapped) !== 0) !== this.#isDeliveredSwapped) continue;
      if (rows.hasKey(2 * row + 1, this.#deliveredKey, 0)) return row;
    }
    return -1;
  }

  /**
   * A live row that cannot stay beside the located entry, or -1: in a zone the kernel has one entry of a tuple with
   * ports; of others one for each ICMP id or GRE key, which differ in their id.
   */
  findRival(): number {
    const { protocol, id } = this.#entry;
    for (let node = this.#index.first(this.#hash); node !== -1; node = this.#index.next(node)) {
      const row = node >>> 1;
      if (this.#isLocated(node) && this.isLive(row) && (hasPorts(protocol) || this.#rows.id(row) === id)) return row;
    }
    return -1;
  }

  isLive(row: number): boolean {
    return this.#rows.endMs(row) === Infinity;
  }

  /** Adds a live row of the located entry; -1 when there is no room. */
  insert(startMs: number, flags: number, dump: number): number {
    const rows = this.#rows;
    const row = rows.allocate();
    if (row === -1) return -1;
    const { protocol, zone, id, tuples } = this.#entry;
    const swaps =
      (this.#isKeySwapped ? ROW_FLAG.originalSwapped : 0) | (this.#isDeliveredSwapped ? ROW_FLAG.deliveredSwapped : 0);
    const translated = toTranslatedFlags(tuples, protocol);
    rows.setKey(2 * row, this.#key);
    rows.setKey(2 * row + 1, this.#deliveredKey);
    rows.setFacts(row, id, protocol, ROW_FLAG.used | swaps | translated | flags, zone);
    rows.setSeenIn(row, dump);
    rows.setStartMs(row, startMs);
    rows.setEndMs(row, Infinity);
    this.#index.insert(2 * row, this.#hash);
    if (translated !== 0) this.#index.insert(2 * row + 1, this.#index.hash(this.#deliveredKey, 0, protocol));
    return row;
  }

  #isLocated(node: number): boolean {
    const { protocol, zone } = this.#entry;
    return (
      (node & 1) === 0 &&
      this.#index.isAt(node, this.#key, 0, protocol) &&
      this.#rows.zone(node >>> 1) === zone &&
      ((this.#rows.flags(node >>> 1) & ROW_FLAG.originalSwapped) !== 0) === this.#isKeySwapped
    );
  }

  /** Marks a live row as ended; it stays until it expires. */
  end(row: number, endMs: number): void {
    this.#rows.setEndMs(row, endMs);
    this.#rows.setLink(row, 0);
    if (this.#newestEnded === 0) this.#oldestEnded = row + 1;
    else this.#rows.setLink(this.#newestEnded - 1, row + 1);
    this.#newestEnded = row + 1;
    this.#ended++;
  }

  /** When the row that ended first has ended; Infinity when none has. */
  oldestEndMs(): number {
    return this.#oldestEnded === 0 ? Infinity : this.#rows.endMs(this.#oldestEnded - 1);
  }

  /** Forgets the row that ended first. */
  removeOldestEnded(): void {
    const row = this.#oldestEnded - 1;
    this.#oldestEnded = this.#rows.link(row);
    if (this.#oldestEnded === 0) this.#newestEnded = 0;
    this.#ended--;
    this.#index.remove(2 * row);
    this.#index.remove(2 * row + 1);
    this.#rows.free(row);
  }

  /**
   * Looks up a tuple (layout `TUPLE`) as original and as delivered one, in both directions: all are one key, and of
   * the entries that have it only one can have carried a packet. False when there is none.
   */
  resolve(tuple: Uint32Array, protocol: number, time: RecordTime, match: EntryMatch): boolean {
    const isSwapped = writeTupleKey(this.#lookupKey, 0, tuple, 0, this.#isIpv6);
    const node = this.#choose(protocol, time);
    if (node === -1) return false;
    const flags = this.#rows.flags(node >>> 1);
    const swapped = (node & 1) === 0 ? ROW_FLAG.originalSwapped : ROW_FLAG.deliveredSwapped;
    match.isTranslated = (flags & TRANSLATED) !== 0;
    match.isAmbiguous = this.#found > 1 && this.#hasDifferent(node, protocol);
    match.isDelivered = (node & 1) !== 0;
    match.isReversed = ((flags & swapped) !== 0) !== isSwapped;
    if (match.isTranslated) this.#readOther(node, flags, match);
    return true;
  }

  #choose(protocol: number, time: RecordTime): number {
    const hash = this.#index.hash(this.#lookupKey, 0, protocol);
    this.#chooser.begin(time);
    // Most often there is but one.
    let only = -1;
    let found = 0;
    for (let node = this.#index.first(hash); node !== -1; node = this.#index.next(node)) {
      if (!this.#index.isAt(node, this.#lookupKey, 0, protocol)) continue;
      if (found === 1) this.#chooser.offer(only);
      if (found++ === 0) only = node;
      else this.#chooser.offer(node);
    }
    this.#found = found;
    if (found > 1) return this.#chooser.best();
    return found === 1 && this.#chooser.isPossible(only >>> 1) ? only : -1;
  }

  /**
   * Whether another entry has the looked up key and another tuple on its other side, and may as well be the record's.
   * Without ports several stand side by side; with ports one follows another, which dumps alone do not tell apart.
   */
  #hasDifferent(chosen: number, protocol: number): boolean {
    const { words } = this.#rows;
    const otherAt = this.#rows.keyAt(chosen ^ 1);
    const hash = this.#index.hash(this.#lookupKey, 0, protocol);
    for (let node = this.#index.first(hash); node !== -1; node = this.#index.next(node)) {
      if (!this.#index.isAt(node, this.#lookupKey, 0, protocol)) continue;
      if (this.#rows.zone(node >>> 1) !== this.#rows.zone(chosen >>> 1)) continue;
      const isRival = hasPorts(protocol)
        ? this.#chooser.isTied(node >>> 1, chosen >>> 1)
        : this.#chooser.isAsNear(node >>> 1, chosen >>> 1);
      if (!isRival) continue;
      if (!this.#rows.hasKey(node ^ 1, words, otherAt)) return true;
    }
    return false;
  }

  #readOther(node: number, flags: number, match: EntryMatch): void {
    const swapped = (node & 1) === 0 ? ROW_FLAG.deliveredSwapped : ROW_FLAG.originalSwapped;
    const at = this.#rows.keyAt(node ^ 1);
    readTupleKey(match.other, this.#rows.words, at, this.#isIpv6, (flags & swapped) !== 0);
  }
}

/** Source translation shows in where answers go, destination translation in where they come from. */
function toTranslatedFlags(tuples: Uint32Array, protocol: number): number {
  let flags = 0;
  for (let word = 0; word < 4; word++) {
    if (tuples[ORIGINAL + TUPLE.source + word] !== tuples[REPLY + TUPLE.destination + word])
      flags |= ROW_FLAG.translatedSource;
    if (tuples[ORIGINAL + TUPLE.destination + word] !== tuples[REPLY + TUPLE.source + word])
      flags |= ROW_FLAG.translatedDestination;
  }
  if (!hasPorts(protocol)) return flags;
  const original = tuples[ORIGINAL + TUPLE.ports]!;
  const reply = tuples[REPLY + TUPLE.ports]!;
  if (original >>> 16 !== (reply & 0xffff)) flags |= ROW_FLAG.translatedSource;
  if ((original & 0xffff) !== reply >>> 16) flags |= ROW_FLAG.translatedDestination;
  return flags;
}
