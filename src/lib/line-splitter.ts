const LINE_FEED = 0x0a;

/** A line without its line feed; undefined in place of one that is longer than allowed. */
export type BoundedLine = string | undefined;

/**
 * Cuts a byte stream into lines of bounded length. Chunks, which must not be changed afterwards, are kept until their line
 * is whole, not copied together; of a line that is too long nothing is kept but that it was there.
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

  /** The lines that end in `chunk`, as UTF-8. */
  *split(chunk: Buffer): Generator<BoundedLine, void, void> {
    let from = 0;
    for (let to = chunk.indexOf(LINE_FEED); to >= 0; to = chunk.indexOf(LINE_FEED, from)) {
      this.#add(chunk.subarray(from, to));
      yield this.#finish();
      from = to + 1;
    }
    if (from < chunk.length) this.#add(from === 0 ? chunk : chunk.subarray(from));
  }

  /** The input has ended: what stands there without a line feed is a line too. */
  *end(): Generator<BoundedLine, void, void> {
    if (this.#pendingBytes > 0) yield this.#finish();
  }

  #add(part: Buffer): void {
    this.#pendingBytes += part.length;
    if (this.isOverlong) this.#parts.length = 0;
    else this.#parts.push(part);
  }

  #finish(): BoundedLine {
    const { isOverlong } = this;
    const [first] = this.#parts;
    const bytes = this.#parts.length === 1 && first !== undefined ? first : Buffer.concat(this.#parts);
    this.#parts.length = 0;
    this.#pendingBytes = 0;
    return isOverlong ? undefined : bytes.toString('utf8');
  }
}
