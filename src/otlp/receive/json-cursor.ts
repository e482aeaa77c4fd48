/** Objects and arrays within each other; an OTLP value takes four of them for each of its own levels. */
const MOST_DEPTH = 128;
const QUOTE = 0x22;
const COMMA = 0x2c;
const COLON = 0x3a;
const BACKSLASH = 0x5c;
const OPEN_ARRAY = 0x5b;
const OPEN_OBJECT = 0x7b;
/** `]` and `}` stand two places after `[` and `{`. */
const TO_CLOSING = 2;
const LITERALS: Readonly<Record<number, string>> = { 0x6e: 'null', 0x74: 'true', 0x66: 'false' };
const ESCAPED = new Set(Array.from('"\\/bfnrt', (character) => character.charCodeAt(0)));

/**
 * A place in JSON text (RFC 8259, UTF-8) that may be anything. Members and elements are visited one after the other and
 * values are checked as they are passed, without an object being made of them: large requests take neither their
 * multiple in memory nor the event loop's time in one piece, and what is not changed can be copied. Nothing throws: the
 * first thing wrong stands in `problem`, after which every visit ends.
 */
export class JsonCursor {
  readonly bytes: Buffer;
  readonly view: DataView;
  position = 0;
  problem: string | undefined;
  /** The last string that was passed, without its quotes: of a member after `nextMember`. */
  textStart = 0;
  textEnd = 0;
  hasEscapes = false;
  #end: number;
  #isFirst = false;
  readonly #open = new Uint8Array(MOST_DEPTH);

  constructor(bytes: Buffer) {
    this.bytes = bytes;
    this.view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    this.#end = bytes.length;
  }

  /** Nothing more than `byteCount` bytes from here is read until the next bound. */
  bound(byteCount: number): void {
    this.#end = Math.min(this.bytes.length, this.position + byteCount);
  }

  fail(problem: string): void {
    this.problem ??= `${problem} (byte ${Math.min(this.position, this.bytes.length)})`;
    this.position = this.bytes.length;
  }

  /** The next byte that is no white space; 0 at the end. */
  peek(): number {
    for (; this.position < this.#end; this.position++) {
      const byte = this.bytes[this.position] as number;
      if (byte !== 0x20 && byte !== 0x0a && byte !== 0x0d && byte !== 0x09) return byte;
    }
    return 0;
  }

  /** Enters an object; false when something else is there. */
  openObject(): boolean {
    return this.#enter(OPEN_OBJECT);
  }

  openArray(): boolean {
    return this.#enter(OPEN_ARRAY);
  }

  /** Goes to the value of the next member, whose name is the last string; false when the object has ended. */
  nextMember(): boolean {
    if (!this.#goOn(OPEN_OBJECT)) return false;
    this.#passName();
    return this.problem === undefined;
  }

  /** Goes to the next element; false when the array has ended. */
  nextElement(): boolean {
    return this.#goOn(OPEN_ARRAY);
  }

  /** Passes a value of any kind. */
  skip(): void {
    let depth = 0;
    do {
      const byte = this.peek();
      if (byte === OPEN_OBJECT || byte === OPEN_ARRAY) {
        if (depth === MOST_DEPTH) return this.fail(`values are nested deeper than ${MOST_DEPTH}`);
        this.#open[depth++] = byte;
        this.position++;
        if (this.peek() !== byte + TO_CLOSING) {
          if (byte === OPEN_OBJECT) this.#passName();
          continue;
        }
      } else this.#passScalar(byte);
      depth = this.#close(depth);
    } while (depth > 0 && this.problem === undefined);
  }

  /** After a value, or at the end of an empty one: passes what closes, up to where the next value stands. */
  #close(depth: number): number {
    while (depth > 0 && this.problem === undefined) {
      const opening = this.#open[depth - 1] as number;
      const byte = this.peek();
      this.position++;
      if (byte === opening + TO_CLOSING) depth--;
      else if (byte === COMMA) {
        if (opening === OPEN_OBJECT) this.#passName();
        return depth;
      } else this.#failHere();
    }
    return depth;
  }

  #enter(opening: number): boolean {
    if (this.peek() !== opening) return false;
    this.position++;
    this.#isFirst = true;
    return true;
  }

  #goOn(opening: number): boolean {
    const isFirst = this.#isFirst;
    this.#isFirst = false;
    const byte = this.peek();
    if (byte === opening + TO_CLOSING) {
      this.position++;
      return false;
    }
    if (isFirst) return this.problem === undefined;
    if (byte !== COMMA) {
      this.#failHere();
      return false;
    }
    this.position++;
    return true;
  }

  #passName(): void {
    if (this.peek() !== QUOTE) return this.#failHere();
    this.#passText();
    if (this.peek() !== COLON) return this.#failHere();
    this.position++;
  }

  #passScalar(byte: number): void {
    const literal = LITERALS[byte];
    if (byte === QUOTE) this.#passText();
    else if (literal === undefined) this.#passNumber();
    else if (
      this.bytes.toString('latin1', this.position, Math.min(this.#end, this.position + literal.length)) === literal
    )
      this.position += literal.length;
    else this.#failHere();
  }

  #passText(): void {
    this.hasEscapes = false;
    let at = this.position + 1;
    this.textStart = at;
    for (; at < this.#end; at++) {
      const byte = this.bytes[at] as number;
      if (byte === QUOTE) {
        this.textEnd = at;
        this.position = at + 1;
        return;
      }
      if (byte < 0x20) break;
      if (byte !== BACKSLASH) continue;
      this.hasEscapes = true;
      at++;
      if (this.bytes[at] === 0x75 && this.#hasHex(at + 1)) at += 4;
      else if (!ESCAPED.has(this.bytes[at] ?? 0)) break;
    }
    this.position = at;
    this.#failHere();
  }

  #hasHex(start: number): boolean {
    for (let at = start; at < start + 4; at++) if (!isHexDigit(this.bytes[at] ?? 0)) return false;
    return true;
  }

  /** `-`, an integer without leading zeros, fraction, exponent. */
  #passNumber(): void {
    if (this.bytes[this.position] === 0x2d) this.position++;
    if (this.#byte() === 0x30) this.position++;
    else this.#passDigits();
    if (this.#byte() === 0x2e) {
      this.position++;
      this.#passDigits();
    }
    if ((this.#byte() | 0x20) !== 0x65) return;
    this.position++;
    if (this.#byte() === 0x2b || this.#byte() === 0x2d) this.position++;
    this.#passDigits();
  }

  #passDigits(): void {
    const start = this.position;
    while (isDigit(this.#byte())) this.position++;
    if (this.position === start) this.#failHere();
  }

  #byte(): number {
    return this.position < this.#end ? (this.bytes[this.position] as number) : 0;
  }

  #failHere(): void {
    if (this.position < this.#end) this.fail('this is no JSON');
    else if (this.#end < this.bytes.length) this.fail('a log record, scope, resource or other value is too large');
    else this.fail('the JSON is cut off');
  }
}

function isDigit(byte: number): boolean {
  return byte >= 0x30 && byte <= 0x39;
}

function isHexDigit(byte: number): boolean {
  return isDigit(byte) || ((byte | 0x20) >= 0x61 && (byte | 0x20) <= 0x66);
}
