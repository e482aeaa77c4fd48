const LINE_FEED = 0x0a;

/**
 * Cuts a byte stream into lines of bounded length. Chunks are kept, not copied together, until their line is whole, so
 * that a long line costs no more than its bytes.
 */
export class LineSplitter {
  readonly #mostBytes: number;
  readonly #parts: Buffer[] = [];
  #pendingBytes = 0;

  constructor(mostBytes: number) {
    this.#mostBytes = mostBytes;
  }

  /** Bytes of the line that has not ended yet. */
  get pendingBytes(): number {
    return this.#pendingBytes;
  }

  /** Whether the line that has not ended yet is longer than allowed. */
  get isOverlong(): boolean {
    return this.#pendingBytes > this.#mostBytes;
  }

  /** The lines that end in `chunk`, without their line feeds, as UTF-8. */
  *split(chunk: Buffer): Generator<string> {
    let from = 0;
    for (let to = chunk.indexOf(LINE_FEED); to >= 0; to = chunk.indexOf(LINE_FEED, from)) {
      yield this.#finish(chunk.subarray(from, to));
      from = to + 1;
    }
    if (from === chunk.length) return;
    this.#parts.push(from === 0 ? chunk : chunk.subarray(from));
    this.#pendingBytes += chunk.length - from;
  }

  #finish(last: Buffer): string {
    if (this.#parts.length === 0) return last.toString('utf8');
    this.#parts.push(last);
    const line = Buffer.concat(this.#parts).toString('utf8');
    this.#parts.length = 0;
    this.#pendingBytes = 0;
    return line;
  }
}
