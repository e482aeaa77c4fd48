import { type EntryRows, TRANSLATED } from './entry-rows.ts';
import type { RecordTime } from './entry-match.ts';

/** How far the times of a record and of an event may lie apart: reading is polled, clocks have a grain. */
const SLACK_MS = 250;
const MAX_ZONES = 16;

/**
 * Chooses among entries that share a tuple: other zones, and other generations where ports were used again.
 *
 * The time of an entry in the table is the widest it can have been: its start is the last moment at which it was not
 * yet there, its end the first at which it was gone; a dump tells no start, hence "always".
 *
 * 1. An entry that began after the record's last packet, or ended longer than the grace period before its first, is
 *    none of it. Within the grace period it may be: what is still sent on a closed connection belongs to it.
 * 2. In each zone: a flow's first packet makes its entry, so that for a flow's first record the entry that began
 *    nearest to it, within 250 ms, is the one. (The newest that began before would be wrong where a tuple is used
 *    twice within a moment, and the nearest at any distance for a flow that was met in the middle of its life.)
 * 3. Else in each zone: the entry that was there for most of the record's time; of equals one whose beginning was told
 *    before one that may have begun at any time, then the newest.
 * 4. Of several zones a translating one before others, then zone 0, then the lowest.
 */
export class EntryChooser {
  readonly #rows: EntryRows;
  readonly #graceMs: number;
  /** The best node of each zone met. */
  readonly #nodes = new Int32Array(MAX_ZONES);
  #zones = 0;
  #time: RecordTime = { startMs: 0, endMs: 0, isFirst: false };

  constructor(rows: EntryRows, graceMs: number) {
    this.#rows = rows;
    this.#graceMs = graceMs;
  }

  begin(time: RecordTime): void {
    this.#time = time;
    this.#zones = 0;
  }

  /** To be called with newer nodes before older ones. */
  offer(node: number): void {
    const rows = this.#rows;
    const row = node >>> 1;
    if (!this.isPossible(row)) return;
    for (let at = 0; at < this.#zones; at++) {
      const known = this.#nodes[at]!;
      if (rows.zone(known >>> 1) !== rows.zone(row)) continue;
      if (this.#isBetter(row, known >>> 1)) this.#nodes[at] = node;
      return;
    }
    if (this.#zones < MAX_ZONES) this.#nodes[this.#zones++] = node;
  }

  /** The chosen node, or -1. */
  best(): number {
    if (this.#zones === 0) return -1;
    let best = this.#nodes[0]!;
    for (let at = 1; at < this.#zones; at++) {
      const node = this.#nodes[at]!;
      if (this.#zoneRank(node >>> 1) < this.#zoneRank(best >>> 1)) best = node;
    }
    return best;
  }

  /** Whether a row was as much there at the record's time as the chosen one. */
  isAsNear(row: number, chosen: number): boolean {
    return this.isPossible(row) && this.#overlapMs(row) >= Math.min(0, this.#overlapMs(chosen));
  }

  /**
   * Whether nothing speaks for the chosen row against another: both may have been there for as much of the record's
   * time, since events were lost and only a dump told that one took the place of the other.
   */
  isTied(row: number, chosen: number): boolean {
    if (this.#rows.startMs(chosen) !== -Infinity && this.#rows.startMs(row) !== -Infinity) return false;
    if (this.#time.isFirst && this.#startDistanceMs(row) !== this.#startDistanceMs(chosen)) return false;
    return this.isPossible(row) && this.#overlapMs(row) === this.#overlapMs(chosen);
  }

  /** Whether a row was there at the record's time, or not long before. */
  isPossible(row: number): boolean {
    const { startMs, endMs } = this.#time;
    return this.#rows.startMs(row) <= endMs + SLACK_MS && this.#rows.endMs(row) + this.#graceMs >= startMs;
  }

  #isBetter(row: number, than: number): boolean {
    if (this.#time.isFirst) {
      const distance = this.#startDistanceMs(row);
      const thanDistance = this.#startDistanceMs(than);
      if (distance !== thanDistance) return distance < thanDistance;
    }
    const overlap = this.#overlapMs(row);
    const thanOverlap = this.#overlapMs(than);
    if (overlap !== thanOverlap) return overlap > thanOverlap;
    return this.#rows.startMs(row) !== -Infinity && this.#rows.startMs(than) === -Infinity;
  }

  /** Between the starts of entry and record; Infinity where the entry did not begin with the record. */
  #startDistanceMs(row: number): number {
    const distance = Math.abs(this.#rows.startMs(row) - this.#time.startMs);
    return distance <= SLACK_MS ? distance : Infinity;
  }

  /** How long the entry was there while the record's packets passed; negative is the gap between the two. */
  #overlapMs(row: number): number {
    const { startMs, endMs } = this.#time;
    return Math.min(this.#rows.endMs(row), endMs) - Math.max(this.#rows.startMs(row), startMs);
  }

  #zoneRank(row: number): number {
    const zone = this.#rows.zone(row);
    return (this.#rows.flags(row) & TRANSLATED) === 0 ? zone + 0x10000 : zone;
  }
}
