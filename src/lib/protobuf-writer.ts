import { isInt64 } from './int64.ts';

const TWO_32 = 2 ** 32;
const WORD_BYTES = 8;
/** Longest varint: 64 bits in groups of 7. */
export const MAX_VARINT_BYTES = 10;

/**
 * Protobuf wire format (protobuf.dev/programming-guides/encoding) into one buffer that grows and is used again.
 * 64-bit numbers are doubles: exact for every int64 that a double can hold.
 *
 * `bytes` and `position` are public for callers that fill reserved room themselves.
 */
export class ProtobufWriter {
  bytes: Uint8Array<ArrayBuffer>;
  position = 0;
  #view: DataView;

  constructor(capacity: number) {
    this.bytes = allocate(capacity);
    this.#view = new DataView(this.bytes.buffer);
  }

  /** Makes room for so many more bytes. */
  reserve(byteCount: number): void {
    const needed = this.position + byteCount;
    if (needed <= this.bytes.length) return;
    const grown = allocate(Math.max(needed, this.bytes.length * 2));
    grown.set(this.bytes);
    this.bytes = grown;
    this.#view = new DataView(grown.buffer);
  }

  /** One byte: a tag with a field number below 16, or a value known to be small. */
  writeByte(byte: number): void {
    this.reserve(1);
    this.bytes[this.position++] = byte;
  }

  /**
   * The first `byteCount` bytes of little-endian words: bytes that are written over and over. For a few dozen of them
   * this takes half the time of a copy by `set`, whose call costs more than the copying.
   */
  writeWords(words: BigUint64Array, byteCount: number): void {
    this.reserve(words.length * WORD_BYTES);
    for (let i = 0; i < words.length; i++)
      this.#view.setBigUint64(this.position + i * WORD_BYTES, words[i] ?? 0n, true);
    this.position += byteCount;
  }

  writeBytes(bytes: Uint8Array): void {
    this.reserve(bytes.length);
    this.bytes.set(bytes, this.position);
    this.position += bytes.length;
  }

  /** A varint of an int64: two's complement when negative. The value must be one (`isInt64`), its fraction is cut off. */
  writeVarint(value: number): void {
    this.reserve(MAX_VARINT_BYTES);
    const whole = Math.trunc(value);
    const low = whole >>> 0;
    this.position =
      low === whole
        ? putVarint32(this.bytes, this.position, low)
        : putVarint64(this.bytes, this.position, low, Math.floor(whole / TWO_32) >>> 0);
  }

  /** A fixed64; what is no int64 is written as 0, which OTLP reads as "unknown" where it uses the type for times. */
  writeFixed64(value: number): void {
    this.reserve(8);
    const whole = isInt64(value) ? Math.trunc(value) : 0;
    this.#view.setUint32(this.position, whole >>> 0, true);
    this.#view.setUint32(this.position + 4, Math.floor(whole / TWO_32) >>> 0, true);
    this.position += 8;
  }

  /**
   * Opens a length-delimited field whose tag was written: leaves `lengthBytes` of room for its length and gives the
   * position to close it with.
   */
  openLength(lengthBytes: number): number {
    this.reserve(lengthBytes);
    this.position += lengthBytes;
    return this.position;
  }

  /** Writes the length of what came since `openLength`; moves it when the length takes more or less than its room. */
  closeLength(contentStart: number, lengthBytes: number): void {
    const length = this.position - contentStart;
    const shift = sizeOfVarint32(length) - lengthBytes;
    if (shift !== 0) {
      this.reserve(MAX_VARINT_BYTES);
      this.bytes.copyWithin(contentStart + shift, contentStart, this.position);
      this.position += shift;
    }
    putVarint32(this.bytes, contentStart - lengthBytes, length);
  }
}

/** Not filled with zeros, which for a large buffer takes long; all of it is written before it is read. */
function allocate(byteCount: number): Uint8Array<ArrayBuffer> {
  return new Uint8Array(Buffer.allocUnsafeSlow(byteCount).buffer);
}

/** Bytes of the varint of a 32-bit number. */
export function sizeOfVarint32(value: number): number {
  return value < 0x80 ? 1 : value < 0x4000 ? 2 : value < 0x20_0000 ? 3 : value < 0x1000_0000 ? 4 : 5;
}

/** Puts a varint at a position with room for it; gives the position after it. */
export function putVarint32(bytes: Uint8Array, position: number, value: number): number {
  let rest = value >>> 0;
  while (rest > 0x7f) {
    bytes[position++] = (rest & 0x7f) | 0x80;
    rest >>>= 7;
  }
  bytes[position++] = rest;
  return position;
}

/** The same of a 64-bit number whose high half is not 0. */
function putVarint64(bytes: Uint8Array, position: number, low: number, high: number): number {
  for (let group = 0; group < 4; group++) {
    bytes[position++] = (low & 0x7f) | 0x80;
    low >>>= 7;
  }
  // 4 bits of the low half are left; the fifth group takes 3 of the high half to them.
  const fifth = low | ((high & 0x07) << 4);
  const rest = high >>> 3;
  if (rest === 0) {
    bytes[position++] = fifth;
    return position;
  }
  bytes[position++] = fifth | 0x80;
  return putVarint32(bytes, position, rest);
}
