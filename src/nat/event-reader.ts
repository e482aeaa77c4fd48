import { ERRNO, koffi, libc } from '../lib/libc.ts';
import { isWouldBlock } from './ctnetlink-socket.ts';

const MESSAGES = 256;
/** An event is some 200 bytes, 600 with labels, security context and helper. */
const MESSAGE_BYTES = 2_048;

/** struct mmsghdr and struct iovec of 64-bit Linux. */
const MMSGHDR = { bytes: 64, iov: 16, iovLength: 24, flags: 48, length: 56 } as const;
const IOVEC_BYTES = 16;
const MSG_DONTWAIT = 0x40;
const MSG_TRUNC = 0x20;

/** What one call of the kernel brought; `overrun`: events were lost, there may be more to read. */
export type ReadOutcome = 'messages' | 'empty' | 'overrun' | 'failed';

/** Reads many events by one recvmmsg(2), always into the same memory. */
export class EventReader {
  readonly bytes = Buffer.allocUnsafeSlow(MESSAGES * MESSAGE_BYTES);
  readonly #headers = Buffer.alloc(MESSAGES * MMSGHDR.bytes);
  readonly #words = new Uint32Array(this.#headers.buffer, this.#headers.byteOffset, this.#headers.length / 4);
  readonly #vectors = Buffer.alloc(MESSAGES * IOVEC_BYTES);
  readonly #fd: number;
  /** Messages of the last call that brought some. */
  count = 0;

  constructor(fd: number) {
    this.#fd = fd;
    const bytesAddress = koffi.address(this.bytes);
    const vectorsAddress = koffi.address(this.#vectors);
    for (let message = 0; message < MESSAGES; message++) {
      this.#vectors.writeBigUInt64LE(bytesAddress + BigInt(message * MESSAGE_BYTES), message * IOVEC_BYTES);
      this.#vectors.writeBigUInt64LE(BigInt(MESSAGE_BYTES), message * IOVEC_BYTES + 8);
      const header = message * MMSGHDR.bytes;
      this.#headers.writeBigUInt64LE(vectorsAddress + BigInt(message * IOVEC_BYTES), header + MMSGHDR.iov);
      this.#headers.writeBigUInt64LE(1n, header + MMSGHDR.iovLength);
    }
  }

  read(): ReadOutcome {
    const count = libc.recvmmsg(this.#fd, this.#headers, MESSAGES, MSG_DONTWAIT, null) as number;
    if (count > 0) {
      this.count = count;
      return 'messages';
    }
    const errno = koffi.errno();
    if (count === 0 || isWouldBlock(errno)) return 'empty';
    return errno === ERRNO.ENOBUFS ? 'overrun' : 'failed';
  }

  /** Where a message of the last call begins in `bytes`. */
  startOf(message: number): number {
    return message * MESSAGE_BYTES;
  }

  /** Where it ends; undefined when it did not fit and was cut. */
  endOf(message: number): number | undefined {
    const word = (message * MMSGHDR.bytes) / 4;
    if ((this.#words[word + MMSGHDR.flags / 4]! & MSG_TRUNC) !== 0) return undefined;
    return message * MESSAGE_BYTES + this.#words[word + MMSGHDR.length / 4]!;
  }
}
