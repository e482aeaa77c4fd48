/**
 * Reads of multi-byte fields at any offset. The callers have checked that the bytes are there: an index outside would
 * read as 0, never throw.
 */

export function readUint8(bytes: Uint8Array, at: number): number {
  return bytes[at] as number;
}

/** Network order. */
export function readUint16(bytes: Uint8Array, at: number): number {
  return ((bytes[at] as number) << 8) | (bytes[at + 1] as number);
}

/** Network order, as a signed 32-bit integer: arithmetic modulo 2^32 by `| 0`, and never a heap number. */
export function readInt32(bytes: Uint8Array, at: number): number {
  return (
    ((bytes[at] as number) << 24) |
    ((bytes[at + 1] as number) << 16) |
    ((bytes[at + 2] as number) << 8) |
    (bytes[at + 3] as number)
  );
}

/** The four bytes as the word that a little-endian Uint32Array holds in the same memory order. */
export function readMemoryWord(bytes: Uint8Array, at: number): number {
  return (
    ((bytes[at + 3] as number) << 24) |
    ((bytes[at + 2] as number) << 16) |
    ((bytes[at + 1] as number) << 8) |
    (bytes[at] as number)
  );
}
