import type { ProtobufWriter } from './protobuf-writer.ts';

/** Tags (field number × 8 + wire type) of opentelemetry/proto/common/v1/common.proto. */
const KEY = 0x0a;
const VALUE = 0x12;
const STRING_VALUE = 0x0a;
const INT_VALUE = 0x18;

/** The largest length that takes one byte. */
const ONE_BYTE_LENGTH = 0x7f;
/** Tag and length of a field whose length takes one byte. */
const SHORT_HEAD = 2;
/** A value's length, and the tag and length of the string in it, while these lengths take one byte. */
const SHORT_STRING_HEAD = 3;
const ASCII_END = 0x80;
const WORD_BYTES = 8;

/**
 * A `KeyValue` field up to its value, encoded once for each attribute: the field's tag, room of one byte for the field's
 * length, the key, the value's tag.
 */
export interface EncodedKey {
  readonly byteCount: number;
  /** The bytes as little-endian words, the last one filled up with zeros. */
  readonly words: BigUint64Array;
}

/** Encodes the key of a `KeyValue` field; it may have up to 16,383 bytes. */
export function encodeKey(fieldTag: number, key: string): EncodedKey {
  const utf8 = Buffer.from(key);
  const length = utf8.length > ONE_BYTE_LENGTH ? [(utf8.length & 0x7f) | 0x80, utf8.length >>> 7] : [utf8.length];
  const bytes = [fieldTag, 0, KEY, ...length, ...utf8, VALUE];
  const words = new DataView(new ArrayBuffer(Math.ceil(bytes.length / WORD_BYTES) * WORD_BYTES));
  bytes.forEach((byte, i) => words.setUint8(i, byte));
  return {
    byteCount: bytes.length,
    words: BigUint64Array.from({ length: words.byteLength / WORD_BYTES }, (_, i) =>
      words.getBigUint64(i * WORD_BYTES, true),
    ),
  };
}

/** Writes a `KeyValue` field with a `string_value`. Characters that are no Unicode become U+FFFD. */
export function writeStringField(writer: ProtobufWriter, key: EncodedKey, value: string): void {
  const start = writer.position;
  const fieldLength = key.byteCount - SHORT_HEAD + SHORT_STRING_HEAD + value.length;
  if (fieldLength <= ONE_BYTE_LENGTH && writeShortAscii(writer, key, value, fieldLength)) return;
  writer.position = start;
  writeText(writer, key, value);
}

/** Writes a `KeyValue` field with an `int_value`; the value must be an int64, its fraction is cut off. */
export function writeIntField(writer: ProtobufWriter, key: EncodedKey, value: number): void {
  const start = writer.position;
  writer.writeWords(key.words, key.byteCount);
  const valueStart = writer.openLength(1);
  writer.writeByte(INT_VALUE);
  writer.writeVarint(value);
  const end = writer.position;
  const fieldLength = end - start - SHORT_HEAD;
  writer.bytes[valueStart - 1] = end - valueStart;
  if (fieldLength <= ONE_BYTE_LENGTH) writer.bytes[start + 1] = fieldLength;
  else writer.closeLength(start + SHORT_HEAD, 1);
}

/** The way of nearly every string: all lengths take one byte and are known beforehand. False: was not ASCII. */
function writeShortAscii(writer: ProtobufWriter, key: EncodedKey, value: string, fieldLength: number): boolean {
  const start = writer.position;
  const { length } = value;
  writer.writeWords(key.words, key.byteCount);
  writer.reserve(SHORT_STRING_HEAD + length);
  const { bytes } = writer;
  bytes[start + 1] = fieldLength;
  let to = writer.position;
  bytes[to++] = SHORT_HEAD + length;
  bytes[to++] = STRING_VALUE;
  bytes[to++] = length;
  for (let i = 0; i < length; i++) {
    const code = value.charCodeAt(i);
    if (code >= ASCII_END) return false;
    bytes[to++] = code;
  }
  writer.position = to;
  return true;
}

function writeText(writer: ProtobufWriter, key: EncodedKey, value: string): void {
  const fieldStart = writer.position + SHORT_HEAD;
  writer.writeWords(key.words, key.byteCount);
  const valueStart = writer.openLength(1);
  writer.writeByte(STRING_VALUE);
  const utf8 = Buffer.from(value);
  writer.writeVarint(utf8.length);
  writer.writeBytes(utf8);
  writer.closeLength(valueStart, 1);
  writer.closeLength(fieldStart, 1);
}
