/**
 * What is remembered of a connection's interval: which perspectives it went out with, whether the client's told of its
 * begin or its end, and whether it got through.
 */
export const SEEN = { client: 1, server: 2, clientBegin: 4, clientEnd: 8, forwarded: 16 } as const;

export interface DeliveredMemoryOptions {
  /** Reports remembered, default 1,048,576: 24 to 48 bytes each. */
  readonly maxReports?: number;
  /** Intervals remembered, default 64. */
  readonly maxIntervals?: number;
}

const FIRST_SLOTS = 1 << 10;
const WORDS = 3;
/** Base64 characters of a Community ID that make a word of its fingerprint: 30 bits. */
const FINGERPRINT_CHARS = 5;
/** The first word lies beside what was seen, and gives three bits for that. */
const SEEN_BITS = 5;
const SEEN_MASK = (1 << SEEN_BITS) - 1;
const FIRST_MASK = -1 >>> SEEN_BITS;
const FIRST_CHAR = 2;
const SECOND_CHAR = FIRST_CHAR + FINGERPRINT_CHARS;

/**
 * Which connections went out lately, interval by interval, so that what comes late or twice is told from what is new. The
 * interval that was begun first is forgotten first. A connection is known by 57 bits of its Community ID, which is a
 * hash: among a million two are the same with a chance below four in a million.
 */
export class DeliveredMemory {
  readonly #maxReports: number;
  readonly #maxIntervals: number;
  readonly #intervals = new Map<number, IntervalTable>();
  #reports = 0;
  #latest: IntervalTable | undefined;
  #latestNumber = NaN;

  constructor({ maxReports = 1_048_576, maxIntervals = 64 }: DeliveredMemoryOptions = {}) {
    this.#maxReports = maxReports;
    this.#maxIntervals = maxIntervals;
  }

  /** What went out, as a union of `SEEN`; 0 for nothing. */
  find(joinId: string, intervalNumber: number): number {
    const table = this.#at(intervalNumber);
    return table === undefined ? 0 : table.find(readFirst(joinId), readWord(joinId, SECOND_CHAR));
  }

  /** Whether this very report went out (`toReportHash`). */
  knows(joinId: string, intervalNumber: number, report: number): boolean {
    const table = this.#at(intervalNumber);
    return table?.knows(readFirst(joinId), readWord(joinId, SECOND_CHAR), report) === true;
  }

  /** @param report one of the reports that went out in it */
  add(joinId: string, intervalNumber: number, seen: number, report: number): void {
    const table = this.#at(intervalNumber) ?? this.#begin(intervalNumber);
    const before = table.reports;
    table.add(readFirst(joinId), readWord(joinId, SECOND_CHAR), seen, report);
    this.#reports += table.reports - before;
    if (this.#reports > this.#maxReports) this.#forgetOldest();
  }

  #at(intervalNumber: number): IntervalTable | undefined {
    if (intervalNumber === this.#latestNumber) return this.#latest;
    this.#latest = this.#intervals.get(intervalNumber);
    this.#latestNumber = intervalNumber;
    return this.#latest;
  }

  /** As large as the one before has become: the next interval is mostly like the last. */
  #begin(intervalNumber: number): IntervalTable {
    if (this.#intervals.size >= this.#maxIntervals) this.#forgetOldest();
    const table = new IntervalTable(Math.max(FIRST_SLOTS, this.#latestSlots()));
    this.#intervals.set(intervalNumber, table);
    this.#latest = table;
    this.#latestNumber = intervalNumber;
    return table;
  }

  #latestSlots(): number {
    let slots = 0;
    for (const table of this.#intervals.values()) slots = table.usedSlots;
    return slots;
  }

  #forgetOldest(): void {
    for (const [number, table] of this.#intervals) {
      this.#intervals.delete(number);
      this.#reports -= table.reports;
      break;
    }
    this.#latestNumber = NaN;
  }
}

/**
 * Open addressing over rows of three words: the fingerprint's first word with what was seen, its second, the report. The
 * rows of a connection differ in the report, and lie in one run.
 */
class IntervalTable {
  reports = 0;
  #slots: number;
  #rows: Int32Array;

  constructor(slots: number) {
    this.#slots = slots;
    this.#rows = new Int32Array(slots * WORDS);
  }

  /** The least number of slots that would hold what is there. */
  get usedSlots(): number {
    let slots = FIRST_SLOTS;
    while (slots < this.reports * 2) slots *= 2;
    return slots;
  }

  find(first: number, second: number): number {
    let seen = 0;
    for (let row = this.#begin(first); this.#rows[row] !== 0; row = this.#next(row))
      if (this.#holds(row, first, second)) seen |= (this.#rows[row] as number) & SEEN_MASK;
    return seen;
  }

  knows(first: number, second: number, report: number): boolean {
    return this.#rows[this.#locate(first, second, report)] !== 0;
  }

  add(first: number, second: number, seen: number, report: number): void {
    if (this.reports * 2 >= this.#slots) this.#grow();
    const row = this.#locate(first, second, report);
    if (this.#rows[row] === 0) this.reports++;
    this.#rows[row] = (first << SEEN_BITS) | ((this.#rows[row] as number) & SEEN_MASK) | seen;
    this.#rows[row + 1] = second;
    this.#rows[row + 2] = report;
  }

  /** The row that holds it, or the empty one where it would be; a row in use is never 0, since something was seen. */
  #locate(first: number, second: number, report: number): number {
    let row = this.#begin(first);
    while (this.#rows[row] !== 0) {
      if (this.#holds(row, first, second) && this.#rows[row + 2] === (report | 0)) return row;
      row = this.#next(row);
    }
    return row;
  }

  #begin(first: number): number {
    return (first & (this.#slots - 1)) * WORDS;
  }

  #next(row: number): number {
    return row + WORDS === this.#rows.length ? 0 : row + WORDS;
  }

  #holds(row: number, first: number, second: number): boolean {
    return (this.#rows[row] as number) >>> SEEN_BITS === first && this.#rows[row + 1] === second;
  }

  #grow(): void {
    const old = this.#rows;
    this.#slots *= 2;
    this.#rows = new Int32Array(this.#slots * WORDS);
    for (let row = 0; row < old.length; row += WORDS) {
      const head = old[row] as number;
      if (head !== 0)
        this.#rows.set(
          old.subarray(row, row + WORDS),
          this.#locate(head >>> SEEN_BITS, old[row + 1] as number, old[row + 2] as number),
        );
    }
  }
}

function readFirst(joinId: string): number {
  return readWord(joinId, FIRST_CHAR) & FIRST_MASK;
}

/** Five base64 characters as 30 bits; others than base64 count as their code's low bits. */
function readWord(text: string, at: number): number {
  let word = 0;
  for (let i = at; i < at + FINGERPRINT_CHARS; i++) word = (word << 6) | toSextet(text.charCodeAt(i));
  return word & 0x3fff_ffff;
}

/** RFC 4648 §4. */
function toSextet(code: number): number {
  if (code >= 0x61) return code - 71;
  if (code >= 0x41) return code - 65;
  if (code >= 0x30) return code + 4;
  return code === 0x2b ? 62 : 63;
}
