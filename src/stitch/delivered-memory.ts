/** What is remembered of a connection's interval: which perspectives it went out with. */
export const SEEN = { client: 1, server: 2 } as const;

export interface DeliveredMemoryOptions {
  /** How long a connection's interval is remembered at least, as long as there is room; default 5 min. */
  readonly keepMs?: number;
  /** Intervals of connections in each of the two generations, default 1,048,576: 12 MiB each when full. */
  readonly generationEntries?: number;
}

const FIRST_SLOTS = 1 << 12;
const WORDS = 3;
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

  add(joinId: string, intervalNumber: number, seen: number, nowMs: number): void {
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
    );
  }
}

/** Open addressing over rows of three words: the fingerprint's first word with what was seen, its second, the interval. */
class Generation {
  entries = 0;
  #slots = FIRST_SLOTS;
  #rows = new Int32Array(FIRST_SLOTS * WORDS);

  find(first: number, second: number, interval: number): number {
    const row = this.#locate(first, second, interval);
    return (this.#rows[row] as number) & 3;
  }

  add(first: number, second: number, interval: number, seen: number): void {
    if (this.entries * 2 >= this.#slots) this.#grow();
    const row = this.#locate(first, second, interval);
    if (this.#rows[row] === 0) this.entries++;
    this.#rows[row] = (first << 2) | ((this.#rows[row] as number) & 3) | seen;
    this.#rows[row + 1] = second;
    this.#rows[row + 2] = interval;
  }

  /** The row that holds it, or the empty one where it would be; a row in use is never 0, since something was seen. */
  #locate(first: number, second: number, interval: number): number {
    const rows = this.#rows;
    const mask = this.#slots - 1;
    for (let slot = (first ^ Math.imul(interval, 0x9e3779b1)) & mask; ; slot = (slot + 1) & mask) {
      const row = slot * WORDS;
      const head = rows[row] as number;
      if (head === 0) return row;
      if (head >>> 2 === first && rows[row + 1] === second && rows[row + 2] === (interval | 0)) return row;
    }
  }

  #grow(): void {
    const old = this.#rows;
    this.#slots *= 2;
    this.#rows = new Int32Array(this.#slots * WORDS);
    for (let row = 0; row < old.length; row += WORDS) {
      const head = old[row] as number;
      if (head === 0) continue;
      const at = this.#locate(head >>> 2, old[row + 1] as number, old[row + 2] as number);
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
