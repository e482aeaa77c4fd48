import { withNamespace } from '../lib/enter-namespace.ts';
import { ERRNO, koffi, lastErrnoName, libc } from '../lib/libc.ts';
import { PodflowError } from '../lib/podflow-error.ts';
import { AF, NETLINK_NETFILTER, NFGENMSG_BYTES, NLM_F, NLMSG_HEADER_BYTES } from './ctnetlink.ts';

const SOCK_RAW_NONBLOCK_CLOEXEC = 3 | 0o4000 | 0o2000000;
const SOL_SOCKET = 1;
const SO_RCVBUF = 8;
const SO_RCVBUFFORCE = 33;
const SOCKADDR_NL_BYTES = 12;

/** A netlink socket to the conntrack subsystem of a network namespace, for the life of the socket. Never blocks. */
export class CtnetlinkSocket {
  readonly fd: number;
  #sequence = 0;
  #isOpen = true;

  /**
   * @param groups `CT_GROUP` bits to listen to, 0 for none
   * @param receiveBufferBytes undefined for the kernel's default
   * @throws PodflowError CONNTRACK_UNAVAILABLE or NAMESPACE_NOT_FOUND
   */
  constructor(namespacePath: string | undefined, groups: number, receiveBufferBytes?: number) {
    this.fd = withNamespace(namespacePath, () =>
      checkCall(libc.socket(AF.netlink, SOCK_RAW_NONBLOCK_CLOEXEC, NETLINK_NETFILTER), 'socket'),
    );
    if (receiveBufferBytes !== undefined) this.#setReceiveBuffer(receiveBufferBytes);
    const address = Buffer.alloc(SOCKADDR_NL_BYTES);
    address.writeUInt16LE(AF.netlink, 0);
    address.writeUInt32LE(groups, 8);
    try {
      checkCall(libc.bind(this.fd, address, address.length), 'bind');
    } catch (error) {
      this.close();
      throw error;
    }
  }

  /**
   * Sends a request without attributes for all address families; returns its sequence number, or undefined when the
   * kernel did not take it.
   */
  request(type: number, flags: number): number | undefined {
    const message = Buffer.alloc(NLMSG_HEADER_BYTES + NFGENMSG_BYTES);
    message.writeUInt32LE(message.length, 0);
    message.writeUInt16LE(type, 4);
    message.writeUInt16LE(NLM_F.request | flags, 6);
    message.writeUInt32LE(++this.#sequence, 8);
    message[NLMSG_HEADER_BYTES] = AF.unspecified;
    return Number(libc.send(this.fd, message, message.length, 0)) === message.length ? this.#sequence : undefined;
  }

  /** Safe twice. */
  close(): void {
    if (this.#isOpen) libc.close(this.fd);
    this.#isOpen = false;
  }

  /** Beyond net.core.rmem_max where NET_ADMIN allows it. */
  #setReceiveBuffer(wantedBytes: number): void {
    const byteCount = Buffer.alloc(4);
    byteCount.writeInt32LE(Math.min(wantedBytes, 0x3fff_ffff));
    if (libc.setsockopt(this.fd, SOL_SOCKET, SO_RCVBUFFORCE, byteCount, 4) !== 0)
      libc.setsockopt(this.fd, SOL_SOCKET, SO_RCVBUF, byteCount, 4);
  }
}

/** Name of an errno as the kernel tells it in a netlink answer. */
export function toErrnoName(errno: number): string {
  const known = Object.entries(koffi.os.errno).find(([, number]) => number === errno);
  return known?.[0] ?? `errno ${errno}`;
}

/** Whether the last call found nothing to read. Ask at once. */
export function isWouldBlock(errno: number): boolean {
  return errno === ERRNO.EAGAIN || errno === ERRNO.EINTR;
}

function checkCall(result: number | bigint, call: string): number {
  const value = Number(result);
  if (value < 0)
    throw new PodflowError('CONNTRACK_UNAVAILABLE', { source: 'netlink', reason: `${call}: ${lastErrnoName()}` });
  return value;
}
