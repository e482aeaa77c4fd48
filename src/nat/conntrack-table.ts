import type { ConntrackEntry } from './conntrack-entry.ts';
import type { EntryMatch, RecordTime } from './entry-match.ts';
import { ROW_FLAG } from './entry-rows.ts';
import { type EventTime, FamilyTable } from './family-table.ts';

export interface ConntrackTableOptions {
  /** Entries of both address families, those included that ended within the grace period. */
  readonly maxEntries: number;
  /** How long an entry that ended is kept for records that arrive later. */
  readonly graceMs: number;
}

/** Rows looked at between two looks at the clock. */
const ROWS_PER_LOOK = 512;

/**
 * A copy of the kernel's conntrack entries. All times are milliseconds of the monotonic clock (`performance.now()`),
 * so that a step of the wall clock changes nothing here.
 *
 * Events come in order, but entries of a dump are older than events read meanwhile: between `beginDump` and `endDump`
 * an event wins over what the dump tells of its tuple. Afterwards `sweep` ends what the dump did not tell: entries
 * that the kernel sent no event for, as net.netfilter.nf_conntrack_events=2 has it for those older than the listener.
 */
export class ConntrackTable {
  readonly #options: ConntrackTableOptions;
  readonly #ipv4: FamilyTable;
  /** Made with the first IPv6 entry. */
  #ipv6: FamilyTable | undefined;
  /** Number of the last dump begun; what was not seen since carries a lower one. */
  #dump = 0;
  #dumpStartMs = 0;
  #isDumping = false;
  #sweepAt = { ipv4: 0, ipv6: 0 };
  #full = 0;
  #evicted = 0;

  constructor(options: ConntrackTableOptions) {
    this.#options = options;
    this.#ipv4 = new FamilyTable(false, options.maxEntries, options.graceMs);
  }

  /** Entries held, those that ended and wait for late records included. */
  get entries(): number {
    return this.#ipv4.used + (this.#ipv6?.used ?? 0);
  }
  get endedEntries(): number {
    return this.#ipv4.ended + (this.#ipv6?.ended ?? 0);
  }
  /** Entries that found no room. */
  get full(): number {
    return this.#full;
  }
  /** Entries that had to go before their grace period was over, to make room for living ones. */
  get evicted(): number {
    return this.#evicted;
  }

  /** An entry began. An earlier one of its tuple has ended by that, though nothing may have told so. */
  add(entry: ConntrackEntry, startMs: number, time: EventTime): void {
    const table = this.#locate(entry);
    // The dump may have been faster than the event that began the entry it told.
    const same = this.#isDumping ? table.findSame(Infinity) : -1;
    if (same !== -1 && this.#isToldByDump(table, same)) {
      table.rows.setStartMs(same, startMs);
      table.rows.removeFlag(same, ROW_FLAG.fromDump);
      return;
    }
    for (let rival = table.findRival(); rival !== -1; rival = table.findRival()) table.end(rival, time.toMs);
    this.#insert(table, startMs, 0);
  }

  /** An entry is there. */
  update(entry: ConntrackEntry, startMs: number, time: EventTime): void {
    if (this.#locate(entry).findSame(Infinity) === -1) this.add(entry, startMs, time);
  }

  /** An entry ended. One that was never heard of is kept as ended: records of it may come, and so may a dump. */
  end(entry: ConntrackEntry, startMs: number, time: EventTime): void {
    const table = this.#locate(entry);
    let row = table.findSame(Infinity);
    if (row === -1 && table.findSame(-Infinity) !== -1) return;
    if (row === -1) row = this.#insert(table, startMs, 0);
    else if (startMs !== -Infinity) table.rows.setStartMs(row, startMs);
    if (row !== -1) table.end(row, time.toMs);
  }

  beginDump(nowMs: number): void {
    this.#dump++;
    this.#dumpStartMs = nowMs;
    this.#isDumping = true;
  }

  /** An entry was there when the dump passed it. `startMs` is -Infinity when the kernel does not tell it. */
  addDumped(entry: ConntrackEntry, startMs: number, nowMs: number): void {
    const table = this.#locate(entry);
    const { rows } = table;
    const same = table.findSame(this.#dumpStartMs);
    if (same !== -1) {
      rows.setSeenIn(same, this.#dump);
      return;
    }
    const rival = table.findRival();
    if (rival !== -1) {
      const isNewer = rows.seenIn(rival) === this.#dump && !this.#isToldByDump(table, rival);
      if (isNewer) return;
      table.end(rival, nowMs);
    }
    this.#insert(table, startMs, ROW_FLAG.fromDump);
  }

  /** All entries of the dump and all events that came before its end were told. */
  endDump(): void {
    this.#isDumping = false;
    this.#sweepAt = { ipv4: 0, ipv6: 0 };
  }

  /** Ends what the last dump did not tell, for at most `budgetMs`; false while there is more to look at. */
  sweep(budgetMs: number): boolean {
    const untilMs = performance.now() + budgetMs;
    this.#sweepAt.ipv4 = this.#sweepTable(this.#ipv4, this.#sweepAt.ipv4, untilMs);
    if (this.#sweepAt.ipv4 < this.#ipv4.rows.limit) return false;
    if (this.#ipv6 === undefined) return true;
    this.#sweepAt.ipv6 = this.#sweepTable(this.#ipv6, this.#sweepAt.ipv6, untilMs);
    return this.#sweepAt.ipv6 >= this.#ipv6.rows.limit;
  }

  /** Forgets what ended longer than the grace period ago, for at most `budgetMs`. */
  expire(nowMs: number, budgetMs: number): void {
    const beforeMs = nowMs - this.#options.graceMs;
    const untilMs = performance.now() + budgetMs;
    for (const table of this.#tables())
      while (table.oldestEndMs() < beforeMs) {
        for (let rows = 0; rows < ROWS_PER_LOOK && table.oldestEndMs() < beforeMs; rows++) table.removeOldestEnded();
        if (performance.now() > untilMs) return;
      }
  }

  /** Looks up a tuple (layout `TUPLE`) in either direction; false when nothing is known of it. */
  resolve(tuple: Uint32Array, isIpv6: boolean, protocol: number, time: RecordTime, match: EntryMatch): boolean {
    const table = isIpv6 ? this.#ipv6 : this.#ipv4;
    return table !== undefined && table.resolve(tuple, protocol, time, match);
  }

  /** The entry's table, laid over it. */
  #locate(entry: ConntrackEntry): FamilyTable {
    let table = this.#ipv4;
    if (entry.isIpv6) table = this.#ipv6 ??= new FamilyTable(true, this.#options.maxEntries, this.#options.graceMs);
    table.locate(entry);
    return table;
  }

  #tables(): FamilyTable[] {
    return this.#ipv6 === undefined ? [this.#ipv4] : [this.#ipv4, this.#ipv6];
  }

  /** Whether the running dump was the first to tell of a row. */
  #isToldByDump({ rows }: FamilyTable, row: number): boolean {
    return rows.seenIn(row) === this.#dump && (rows.flags(row) & ROW_FLAG.fromDump) !== 0;
  }

  #insert(table: FamilyTable, startMs: number, flags: number): number {
    if (this.entries >= this.#options.maxEntries && !this.#evictEnded()) {
      this.#full++;
      return -1;
    }
    return table.insert(startMs, flags, this.#dump);
  }

  #evictEnded(): boolean {
    const ipv6EndMs = this.#ipv6?.oldestEndMs() ?? Infinity;
    const table = ipv6EndMs < this.#ipv4.oldestEndMs() ? this.#ipv6 : this.#ipv4;
    if (table === undefined || table.ended === 0) return false;
    table.removeOldestEnded();
    this.#evicted++;
    return true;
  }

  #sweepTable(table: FamilyTable, from: number, untilMs: number): number {
    const { rows } = table;
    let row = from;
    while (row < rows.limit) {
      const stop = Math.min(row + ROWS_PER_LOOK, rows.limit);
      const nowMs = performance.now();
      if (nowMs > untilMs) return row;
      for (; row < stop; row++) {
        const isHeld = (rows.flags(row) & ROW_FLAG.used) !== 0 && table.isLive(row);
        if (isHeld && rows.seenIn(row) !== this.#dump) table.end(row, nowMs);
      }
    }
    return row;
  }
}
