import { describe, expect, test } from '@jest/globals';
import { isInt64 } from '../../../src/lib/int64.ts';
import { ProtobufWriter } from '../../../src/lib/protobuf-writer.ts';

/** Decodes a varint by the letter of the specification, with BigInt; undefined when the bytes are not just one. */
function decodeVarint(bytes: Uint8Array): bigint | undefined {
  if (bytes.findIndex((byte) => byte < 0x80) !== bytes.length - 1) return undefined;
  const value = bytes.reduceRight((rest, byte) => (rest << 7n) | BigInt(byte & 0x7f), 0n);
  return BigInt.asIntN(64, value);
}

function write(fill: (writer: ProtobufWriter) => void, capacity = 1): Uint8Array {
  const writer = new ProtobufWriter(capacity);
  fill(writer);
  return writer.bytes.slice(0, writer.position);
}

const POWERS = Array.from({ length: 63 }, (_, exponent) => 2 ** exponent);
const EDGES = [
  0,
  ...POWERS.flatMap((power) => [power - 1, power, power + 1]),
  1_795_258_800_123_456_789,
  2 ** 63 - 1024,
];
/** Doubles of every size, from a fixed seed. */
const DRAWN = Array.from({ length: 20_000 }, (_, i) => Math.floor(((i * 0.618_033_988_75) % 1) * 2 ** (i % 64)));
const VALUES = [...EDGES, ...DRAWN].filter(isInt64).flatMap((value) => [value, -value]);

describe('varint', () => {
  test('of every int64 that a double holds comes back', () => {
    const wrong = VALUES.filter(
      (value) => decodeVarint(write((writer) => writer.writeVarint(value))) !== BigInt(value),
    );
    expect(wrong).toEqual([]);
    expect(VALUES.length).toBeGreaterThan(40_000);
  });

  test('is as short as it can be', () => {
    const lengths = [0, 127, 128, 2 ** 14 - 1, 2 ** 14, 2 ** 32 - 1, 2 ** 32, 2 ** 35 - 1, 2 ** 35, 2 ** 49, -1];
    expect(lengths.map((value) => write((writer) => writer.writeVarint(value)).length)).toEqual([
      1, 1, 2, 2, 3, 5, 5, 5, 6, 8, 10,
    ]);
  });

  test('cuts a fraction off', () => {
    expect(write((writer) => writer.writeVarint(5.99))).toEqual(Uint8Array.of(5));
    expect(decodeVarint(write((writer) => writer.writeVarint(-(2 ** 40) - 0.5)))).toBe(-(2n ** 40n));
  });
});

describe('fixed64', () => {
  test('of every int64 that a double holds comes back', () => {
    const decode = (bytes: Uint8Array): bigint => new DataView(bytes.buffer).getBigInt64(0, true);
    const wrong = VALUES.filter((value) => decode(write((writer) => writer.writeFixed64(value))) !== BigInt(value));
    expect(wrong).toEqual([]);
  });

  test.each([Number.NaN, Number.POSITIVE_INFINITY, 2 ** 63, 1e300])('of %p is 0', (value) => {
    expect(write((writer) => writer.writeFixed64(value))).toEqual(new Uint8Array(8));
  });
});

describe('length', () => {
  test.each([
    [0, 1, 1],
    [127, 1, 1],
    [128, 1, 2],
    [100, 2, 1],
    [16_383, 2, 2],
    [16_384, 2, 3],
    [2_097_152, 2, 4],
  ])('of %i bytes with room of %i takes %i', (length, room, expected) => {
    const content = Uint8Array.from({ length }, (_, i) => i % 251);
    const bytes = write((writer) => {
      writer.writeByte(0x12);
      const start = writer.openLength(room);
      writer.writeBytes(content);
      writer.closeLength(start, room);
      writer.writeByte(0xee);
    });
    expect(Number(decodeVarint(bytes.subarray(1, 1 + expected)))).toBe(length);
    expect(Buffer.from(bytes.subarray(1 + expected, -1)).equals(content)).toBe(true);
    expect(bytes.at(-1)).toBe(0xee);
  });
});
