import { checked, libc } from './libc.ts';

const AF_NETLINK = 16;
const SOCK_RAW_CLOEXEC = 0o2000003;

/** linux/netlink.h */
export const NLM_F = { request: 1, dump: 0x300 } as const;
const NLMSG_ERROR = 2;
const NLMSG_DONE = 3;
const HEADER_BYTES = 16;
const RECEIVE_BYTES = 64 * 1024;

/** One netlink message without its header. */
export interface NetlinkMessage {
  readonly type: number;
  readonly payload: Buffer;
}

/**
 * A blocking request-and-answer netlink socket (RFC 3549). Answers of the kernel are immediate, so a request takes
 * tens of microseconds. It belongs to the network namespace in which it was made.
 */
export class NetlinkSocket {
  readonly #fd: number;
  readonly #buffer = Buffer.allocUnsafeSlow(RECEIVE_BYTES);
  #sequence = 0;

  /** @param protocol NETLINK_ROUTE = 0, NETLINK_NETFILTER = 12 */
  constructor(protocol: number) {
    this.#fd = checked(
      libc.socket(AF_NETLINK, SOCK_RAW_CLOEXEC, protocol),
      'socket(AF_NETLINK)',
      'Allow netlink sockets in the sandbox that podflow runs in.',
    );
  }

  /** Sends a request and returns the answer's messages; an errno (positive) when the kernel refuses it. */
  request(type: number, flags: number, body: Buffer): NetlinkMessage[] | number {
    const message = Buffer.alloc(HEADER_BYTES + body.length);
    message.writeUInt32LE(message.length, 0);
    message.writeUInt16LE(type, 4);
    message.writeUInt16LE(NLM_F.request | flags, 6);
    message.writeUInt32LE(++this.#sequence, 8);
    body.copy(message, HEADER_BYTES);
    checked(libc.send(this.#fd, message, message.length, 0), 'send(netlink)', 'See the kernel log.');
    return this.#receive((flags & NLM_F.dump) !== 0);
  }

  #receive(isDump: boolean): NetlinkMessage[] | number {
    const messages: NetlinkMessage[] = [];
    for (;;) {
      const received = checked(libc.recv(this.#fd, this.#buffer, RECEIVE_BYTES, 0), 'recv(netlink)', 'Try again.');
      for (let at = 0; at + HEADER_BYTES <= received;) {
        const length = this.#buffer.readUInt32LE(at);
        const type = this.#buffer.readUInt16LE(at + 4);
        if (type === NLMSG_DONE) return messages;
        if (type === NLMSG_ERROR) return -this.#buffer.readInt32LE(at + HEADER_BYTES);
        messages.push({ type, payload: Buffer.from(this.#buffer.subarray(at + HEADER_BYTES, at + length)) });
        at += (length + 3) & ~3;
      }
      if (!isDump) return messages;
    }
  }

  close(): void {
    libc.close(this.#fd);
  }
}

/** Netlink attributes in `bytes` from `offset` on: type → payload, the last of a type wins. */
export function decodeNetlinkAttributes(bytes: Buffer, offset: number): Map<number, Buffer> {
  const attributes = new Map<number, Buffer>();
  for (let at = offset; at + 4 <= bytes.length;) {
    const length = bytes.readUInt16LE(at);
    if (length < 4 || at + length > bytes.length) break;
    attributes.set(bytes.readUInt16LE(at + 2) & 0x3fff, bytes.subarray(at + 4, at + length));
    at += (length + 3) & ~3;
  }
  return attributes;
}
