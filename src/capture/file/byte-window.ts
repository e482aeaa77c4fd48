/** The part of a capture file that is in memory: bytes from `start` to `end` are to be read. */
export class ByteWindow {
  bytes: Uint8Array;
  view: DataView;
  start = 0;
  end: number;
  /** Offset in the file of `bytes[0]`. */
  fileOffset = 0;

  /** @param bytes what is there to read; the window may write over it when it is filled again */
  constructor(bytes: Uint8Array, end = bytes.length) {
    this.bytes = bytes;
    this.view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    this.end = end;
  }

  get length(): number {
    return this.end - this.start;
  }

  /** Moves what is still to be read to the beginning, and makes room for `byteCount` bytes in all. */
  makeRoom(byteCount: number): void {
    const { bytes, start, end } = this;
    this.fileOffset += start;
    if (byteCount > bytes.length) {
      this.bytes = new Uint8Array(2 ** Math.ceil(Math.log2(byteCount)));
      this.bytes.set(bytes.subarray(start, end));
      this.view = new DataView(this.bytes.buffer);
    } else {
      bytes.copyWithin(0, start, end);
    }
    this.start = 0;
    this.end = end - start;
  }
}
