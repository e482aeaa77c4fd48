const TWO_32 = 2 ** 32;
/** Wire types of protobuf.dev/programming-guides/encoding; groups (3 and 4) do not occur in OTLP. */
const WIRE = { varint: 0, fixed64: 1, lengthDelimited: 2, fixed32: 5 } as const;

/**
 * Reads protobuf fields from bytes that may be anything. Nothing throws: once the bytes turn out wrong, `failed` stays
 * true and there is no further field. Each field must be read by the reader of its wire type or skipped.
 */
export class ProtobufReader {
  failed = false;
  field = 0;
  wire = 0;
  readonly #bytes: Uint8Array;
  readonly #end: number;
  #position: number;
  #low = 0;
  #high = 0;

  constructor(bytes: Uint8Array, start = 0, end = bytes.length) {
    this.#bytes = bytes;
    this.#position = start;
    this.#end = end;
  }

  /** Goes on to the next field; false at the end. */
  next(): boolean {
    if (this.failed || this.#position >= this.#end) return false;
    const tag = this.#readVarint();
    if (tag < 8 || tag >= TWO_32) this.failed = true;
    this.field = Math.floor(tag / 8);
    this.wire = tag % 8;
    return !this.failed;
  }

  /** An int64 as a double, which is inexact beyond 2^53. */
  readInt64(): number {
    if (this.wire !== WIRE.varint) return this.#fail();
    this.#readVarint();
    return this.failed ? 0 : (this.#high | 0) * TWO_32 + this.#low;
  }

  /** The content of a length-delimited field as a reader of its own. */
  readMessage(): ProtobufReader {
    const start = this.#takeLength();
    return new ProtobufReader(this.#bytes, start, this.#position);
  }

  /** A string; what is no UTF-8 becomes U+FFFD. Reads no more than `maxBytes` of it. */
  readString(maxBytes: number): string {
    const start = this.#takeLength();
    return Buffer.from(this.#bytes.buffer, this.#bytes.byteOffset, this.#end)
      .subarray(start, Math.min(this.#position, start + maxBytes))
      .toString('utf8');
  }

  skip(): void {
    if (this.wire === WIRE.varint) this.#readVarint();
    else if (this.wire === WIRE.fixed64) this.#advance(8);
    else if (this.wire === WIRE.fixed32) this.#advance(4);
    else if (this.wire === WIRE.lengthDelimited) this.#takeLength();
    else this.#fail();
  }

  /** Goes over a length and what it counts; gives where the content starts. */
  #takeLength(): number {
    if (this.wire !== WIRE.lengthDelimited) this.#fail();
    const length = this.#readVarint();
    const start = this.#position;
    this.#advance(length);
    return this.failed ? this.#position : start;
  }

  #advance(byteCount: number): void {
    if (this.failed || byteCount > this.#end - this.#position) this.#fail();
    else this.#position += byteCount;
  }

  /** Reads a varint into its two halves; gives it as an unsigned double. */
  #readVarint(): number {
    this.#low = 0;
    this.#high = 0;
    for (let shift = 0; shift < 64 && this.#position < this.#end; shift += 7) {
      const byte = this.#bytes[this.#position++] ?? 0;
      if (shift < 32) this.#low = (this.#low | ((byte & 0x7f) << shift)) >>> 0;
      if (shift > 24) this.#high = (this.#high | shiftBy(byte & 0x7f, shift - 32)) >>> 0;
      if (byte < 0x80) return this.#high * TWO_32 + this.#low;
    }
    return this.#fail();
  }

  #fail(): number {
    this.failed = true;
    return 0;
  }
}

/** To the left, or to the right when negative. */
function shiftBy(value: number, bits: number): number {
  return bits >= 0 ? value << bits : value >>> -bits;
}
