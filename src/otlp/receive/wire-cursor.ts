const TWO_32 = 2 ** 32;
/** Wire types of protobuf.dev/programming-guides/encoding. */
export const WIRE = { varint: 0, fixed64: 1, lengthDelimited: 2, fixed32: 5 } as const;
const VARINT_LIMIT = 10;

/**
 * A place in protobuf bytes that may be anything. Nothing throws: the first thing wrong stands in `problem`, and the
 * position is then at the end of the bytes, so that every loop over fields ends. Made for speed: it moves over nested
 * messages without an object for each (`ProtobufReader` is the simpler one, for short answers).
 */
export class WireCursor {
  readonly bytes: Buffer;
  readonly view: DataView;
  position = 0;
  problem: string | undefined;
  /** Fields that may still be visited before the message counts as too large. */
  fieldsLeft = 0;
  #low = 0;
  #high = 0;

  constructor(bytes: Buffer) {
    this.bytes = bytes;
    this.view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  }

  fail(problem: string): void {
    this.problem ??= `${problem} (byte ${Math.min(this.position, this.bytes.length)})`;
    this.position = this.bytes.length;
  }

  /** Reads a tag, field number × 8 + wire type; 0 when there is none. */
  readTag(end: number): number {
    const first = this.bytes[this.position] ?? 0;
    if (first >= 8 && first < 0x80) {
      this.position++;
      return first;
    }
    const tag = this.readVarint(end);
    if (this.problem !== undefined) return 0;
    if (tag >= 8 && tag < TWO_32) return tag;
    this.fail('a field has no valid number');
    return 0;
  }

  /** Reads the length of a length-delimited field; gives where its content ends. */
  readLength(end: number): number {
    const first = this.bytes[this.position] ?? 0;
    const length = first < 0x80 && this.position < end ? (this.position++, first) : this.readVarint(end);
    if (length <= end - this.position) return this.position + length;
    this.fail('a field is longer than what holds it');
    return this.position;
  }

  /** Reads a varint as an unsigned double. */
  readVarint(end: number): number {
    this.#readHalves(end);
    return this.#high * TWO_32 + this.#low;
  }

  /** Reads a varint as an int64; inexact beyond 2^53. */
  readInt64(end: number): number {
    this.#readHalves(end);
    return (this.#high | 0) * TWO_32 + this.#low;
  }

  /** Goes over a field of this tag's wire type. */
  skip(tag: number, end: number): void {
    const wire = tag & 7;
    if (wire === WIRE.varint) this.#readHalves(end);
    else if (wire === WIRE.fixed64) this.#advance(8, end);
    else if (wire === WIRE.lengthDelimited) this.position = this.readLength(end);
    else if (wire === WIRE.fixed32) this.#advance(4, end);
    else this.fail(wire < 5 ? 'there is a group, which OTLP has not' : 'a field has no valid wire type');
  }

  /** Counts a field against `fieldsLeft`. */
  countField(): void {
    if (--this.fieldsLeft < 0) this.fail('a log record, scope or resource has too many fields');
  }

  #advance(byteCount: number, end: number): void {
    if (byteCount > end - this.position) this.fail('a field is longer than what holds it');
    else this.position += byteCount;
  }

  #readHalves(end: number): void {
    this.#low = 0;
    this.#high = 0;
    const last = Math.min(end, this.position + VARINT_LIMIT);
    for (let shift = 0; this.position < last; shift += 7) {
      const byte = this.bytes[this.position++] as number;
      const bits = byte & 0x7f;
      if (shift < 28) this.#low |= bits << shift;
      else if (shift === 28) {
        this.#low |= bits << 28;
        this.#high = bits >>> 4;
      } else this.#high |= bits << (shift - 32);
      if (byte < 0x80) {
        this.#low >>>= 0;
        this.#high >>>= 0;
        return;
      }
    }
    this.#low = 0;
    this.#high = 0;
    this.fail(this.position < end ? 'a number has more than 10 bytes' : 'a number is cut off');
  }
}
