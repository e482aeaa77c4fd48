import { MAX_VARINT_BYTES, type ProtobufWriter } from './protobuf-writer.ts';

/** Tags (field number × 8 + wire type) of opentelemetry/proto/common/v1/common.proto. */
const KEY = 0x0a;
const VALUE = 0x12;
const STRING_VALUE = 0x0a;
const INT_VALUE = 0x18;

/** The largest length that takes one byte. */
const ONE_BYTE_LENGTH = 0x7f;
/** Bytes before the content of a field whose length takes one byte. */
const SHORT_HEAD = 2;
const ASCII_END = 0x80;

/**
 * A `KeyValue` field up to its value, made once for each attribute: the field's tag, room of one byte for the field's
 * length, the key, the value's tag.
 */
export function encodeKey(fieldTag: number, key: string): Uint8Array {
  const utf8 = Buffer.from(key);
  const length = utf8.length > ONE_BYTE_LENGTH ? [(utf8.length & 0x7f) | 0x80, utf8.length >>> 7] : [utf8.length];
  return Uint8Array.from([fieldTag, 0, KEY, ...length, ...utf8, VALUE]);
}

/** Writes a `KeyValue` field with a `string_value`. Characters that are no Unicode become U+FFFD. */
export function writeStringField(writer: ProtobufWriter, key: Uint8Array, value: string): void {
  const shortLength = key.length - SHORT_HEAD + 1 + SHORT_HEAD + value.length;
  if (shortLength > ONE_BYTE_LENGTH || !writeShortAscii(writer, key, value, shortLength)) writeText(writer, key, value);
}

/** Writes a `KeyValue` field with an `int_value`; the value must be an int64, its fraction is cut off. */
export function writeIntField(writer: ProtobufWriter, key: Uint8Array, value: number): void {
  writer.reserve(key.length + SHORT_HEAD + MAX_VARINT_BYTES);
  const { bytes, position } = writer;
  bytes.set(key, position);
  const valueStart = position + key.length + 1;
  bytes[valueStart] = INT_VALUE;
  writer.position = valueStart + 1;
  writer.writeVarint(value);
  bytes[valueStart - 1] = writer.position - valueStart;
  writer.closeLength(position + SHORT_HEAD, 1);
}

/** The way of nearly every string: all lengths take one byte and are known beforehand. False: was not ASCII. */
function writeShortAscii(writer: ProtobufWriter, key: Uint8Array, value: string, fieldLength: number): boolean {
  writer.reserve(SHORT_HEAD + fieldLength);
  const { bytes, position } = writer;
  const length = value.length;
  bytes.set(key, position);
  bytes[position + 1] = fieldLength;
  let to = position + key.length;
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

function writeText(writer: ProtobufWriter, key: Uint8Array, value: string): void {
  writer.writeBytes(key);
  const fieldStart = writer.position - key.length + SHORT_HEAD;
  const valueStart = writer.openLength(1);
  writer.writeByte(STRING_VALUE);
  const utf8 = Buffer.from(value);
  writer.writeVarint(utf8.length);
  writer.writeBytes(utf8);
  writer.closeLength(valueStart, 1);
  writer.closeLength(fieldStart, 1);
}
