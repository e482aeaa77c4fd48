const LINE_FEED = 0x0a;
const CARRIAGE_RETURN = 0x0d;

/**
 * Cuts a byte stream into lines of at most `mostBytes` bytes. Of a longer line nothing is kept but that it was there, so
 * that no input takes more memory than one line.
 */
export class LineSplitter {
  readonly #mostBytes: number;
  readonly #take: (line: string, isTooLong: boolean) => void;
  readonly #parts: Buffer[] = [];
  #byteCount = 0;

  /** `take` gets each line without its end, as UTF-8; an overlong one as the empty text, and marked. */
  constructor(mostBytes: number, take: (line: string, isTooLong: boolean) => void) {
    this.#mostBytes = mostBytes;
    this.#take = take;
  }

  /** Takes bytes, which must not be changed afterwards. */
  push(chunk: Buffer): void {
    let from = 0;
    for (let to = chunk.indexOf(LINE_FEED); to !== -1; to = chunk.indexOf(LINE_FEED, from)) {
      this.#add(chunk.subarray(from, to));
      this.#finish();
      from = to + 1;
    }
    if (from < chunk.length) this.#add(chunk.subarray(from));
  }

  /** The input has ended: what stands there without a line feed is a line too. */
  end(): void {
    if (this.#byteCount > 0) this.#finish();
  }

  #add(part: Buffer): void {
    this.#byteCount += part.length;
    if (this.#byteCount <= this.#mostBytes) this.#parts.push(part);
    else this.#parts.length = 0;
  }

  #finish(): void {
    const isTooLong = this.#byteCount > this.#mostBytes;
    const [first] = this.#parts;
    const bytes = this.#parts.length === 1 && first !== undefined ? first : Buffer.concat(this.#parts);
    this.#parts.length = 0;
    this.#byteCount = 0;
    const end = bytes.at(-1) === CARRIAGE_RETURN ? bytes.length - 1 : bytes.length;
    this.#take(bytes.toString('utf8', 0, end), isTooLong);
  }
}
