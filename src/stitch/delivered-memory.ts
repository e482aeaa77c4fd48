/** What is remembered of a connection's interval: which perspectives it went out with. */
export const SEEN = { client: 1, server: 2 } as const;

export interface DeliveredMemoryOptions {
  /** How long a connection's interval is remembered at least, as long as there is room; default 5 min. */
  readonly keepMs?: number;
  /** Intervals of connections in each of the two generations, default 1,048,576: 32 MiB each when full. */
  readonly generationEntries?: number;
}

const FIRST_SLOTS = 1 << 12;
const WORDS = 4;
/** Base64 characters of a Community ID that make a fingerprint: two words of 30 bits. */
const FINGERPRINT_CHARS = 5;
const PREFIX_LENGTH = 2;

/**
 * Which intervals of which connections went out lately, so that what comes late or twice is told from what is new. Two
 * generations: a full or old one becomes the old one. A connection is known by 60 bits of its Community ID, which is a
 * hash: among a million two are the same with a chance below one in a million.
 */
export class DeliveredMemory {
  readonly #keepMs: number;
  readonly #generationEntries: number;
  #young = new Generation();
  #old = new Generation();
  #youngSinceMs = 0;

  constructor({ keepMs = 300_000, generationEntries = 1_048_576 }: DeliveredMemoryOptions = {}) {
    this.#keepMs = keepMs;
    this.#generationEntries = generationEntries;
  }

  /** The perspectives that went out, as a union of `SEEN`; 0 for none. */
  find(joinId: string, intervalNumber: number): number {
    const first = readWord(joinId, PREFIX_LENGTH);
    const second = readWord(joinId, PREFIX_LENGTH + FINGERPRINT_CHARS);
    return this.#young.find(first, second, intervalNumber) || this.#old.find(first, second, intervalNumber);
  }

  /** Whether this very report went out (`toReportHash`). */
  knows(joinId: string, intervalNumber: number, report: number): boolean {
    const first = readWord(joinId, PREFIX_LENGTH);
    const second = readWord(joinId, PREFIX_LENGTH + FINGERPRINT_CHARS);
    return (
      this.#young.knows(first, second, intervalNumber, report) || this.#old.knows(first, second, intervalNumber, report)
    );
  }

  /** @param report one of the reports that went out in it */
  add(joinId: string, intervalNumber: number, seen: number, report: number, nowMs: number): void {
    if (this.#young.entries >= this.#generationEntries || nowMs - this.#youngSinceMs >= this.#keepMs) {
      this.#old = this.#young;
      this.#young = new Generation();
      this.#youngSinceMs = nowMs;
    }
    this.#young.add(
      readWord(joinId, PREFIX_LENGTH),
      readWord(joinId, PREFIX_LENGTH + FINGERPRINT_CHARS),
      intervalNumber,
      seen,
      report,
    );
  }
}

/**
 * Open addressing over rows of four words: the fingerprint's first word with what was seen, its second, the interval,
 * the report. The rows of one interval of a connection differ in the report, and lie in one run.
 */
class Generation {
  entries = 0;
  #slots = FIRST_SLOTS;
  #rows = new Int32Array(FIRST_SLOTS * WORDS);

  find(first: number, second: number, interval: number): number {
    let seen = 0;
    for (let row = this.#begin(first, interval); this.#rows[row] !== 0; row = this.#next(row))
      if (this.#holds(row, first, second, interval)) seen |= (this.#rows[row] as number) & 3;
    return seen;
  }

  knows(first: number, second: number, interval: number, report: number): boolean {
    return this.#rows[this.#locate(first, second, interval, report)] !== 0;
  }

  add(first: number, second: number, interval: number, seen: number, report: number): void {
    if (this.entries * 2 >= this.#slots) this.#grow();
    const row = this.#locate(first, second, interval, report);
    if (this.#rows[row] === 0) this.entries++;
    this.#rows[row] = (first << 2) | ((this.#rows[row] as number) & 3) | seen;
    this.#rows[row + 1] = second;
    this.#rows[row + 2] = interval;
    this.#rows[row + 3] = report;
  }

  /** The row that holds it, or the empty one where it would be; a row in use is never 0, since something was seen. */
  #locate(first: number, second: number, interval: number, report: number): number {
    let row = this.#begin(first, interval);
    while (this.#rows[row] !== 0) {
      if (this.#holds(row, first, second, interval) && this.#rows[row + 3] === (report | 0)) return row;
      row = this.#next(row);
    }
    return row;
  }

  #begin(first: number, interval: number): number {
    return ((first ^ Math.imul(interval, 0x9e3779b1)) & (this.#slots - 1)) * WORDS;
  }

  #next(row: number): number {
    return row + WORDS === this.#rows.length ? 0 : row + WORDS;
  }

  #holds(row: number, first: number, second: number, interval: number): boolean {
    const rows = this.#rows;
    return (rows[row] as number) >>> 2 === first && rows[row + 1] === second && rows[row + 2] === (interval | 0);
  }

  #grow(): void {
    const old = this.#rows;
    this.#slots *= 2;
    this.#rows = new Int32Array(this.#slots * WORDS);
    for (let row = 0; row < old.length; row += WORDS) {
      const head = old[row] as number;
      if (head === 0) continue;
      const at = this.#locate(head >>> 2, old[row + 1] as number, old[row + 2] as number, old[row + 3] as number);
      this.#rows.set(old.subarray(row, row + WORDS), at);
    }
  }
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
