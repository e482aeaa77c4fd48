import { checked, ERRNO, koffi, libc } from '../../lib/libc.ts';
import { decodeLink, type Link } from '../interface/decode-link.ts';
import { withNamespace } from '../../lib/enter-namespace.ts';

/** sys/socket.h, linux/netlink.h, linux/rtnetlink.h */
const AF_NETLINK = 16;
const SOCK_RAW_NONBLOCK_CLOEXEC = 3 | 0o4000 | 0o2000000;
const NETLINK_ROUTE = 0;
const RTMGRP_LINK = 1;
const SOCKADDR_NL_BYTES = 12;
const SOL_SOCKET = 1;
const SO_RCVBUF = 8;
const SO_RCVBUFFORCE = 33;
const RTM_NEWLINK = 16;
const RTM_DELLINK = 17;
const HEADER_BYTES = 16;
/** Room for some 500 messages between two reads; what does not fit costs a listing of all links. */
const RECEIVE_BUFFER_BYTES = 1024 * 1024;
const MESSAGE_BYTES = 32 * 1024;

/** What the kernel tells of the links of a network namespace as they come, change and go (rtnetlink(7)). */
export class LinkEvents {
  readonly #fd: number;
  readonly #buffer = Buffer.allocUnsafeSlow(MESSAGE_BYTES);

  /** @param namespacePath network namespace whose links are followed, undefined for the one podflow is in */
  constructor(namespacePath: string | undefined) {
    this.#fd = withNamespace(namespacePath, () =>
      checked(
        libc.socket(AF_NETLINK, SOCK_RAW_NONBLOCK_CLOEXEC, NETLINK_ROUTE),
        'socket(AF_NETLINK)',
        'Allow netlink sockets in the sandbox that podflow runs in.',
      ),
    );
    const byteCount = Buffer.alloc(4);
    byteCount.writeInt32LE(RECEIVE_BUFFER_BYTES);
    if (libc.setsockopt(this.#fd, SOL_SOCKET, SO_RCVBUFFORCE, byteCount, 4) !== 0)
      libc.setsockopt(this.#fd, SOL_SOCKET, SO_RCVBUF, byteCount, 4);
    const address = Buffer.alloc(SOCKADDR_NL_BYTES);
    address.writeUInt16LE(AF_NETLINK, 0);
    address.writeUInt32LE(RTMGRP_LINK, 8);
    checked(libc.bind(this.#fd, address, address.length), 'bind(AF_NETLINK)', 'See the kernel log.');
  }

  /**
   * Hands over what came since the last call, in order; a link that is gone with its last state.
   * @returns `overrun` when the kernel had to leave out events: the links must be listed anew
   */
  read(take: (link: Link, isGone: boolean) => void): 'complete' | 'overrun' {
    let outcome: 'complete' | 'overrun' = 'complete';
    for (;;) {
      const length = Number(libc.recv(this.#fd, this.#buffer, MESSAGE_BYTES, 0));
      if (length >= 0) this.#decode(length, take);
      else if (koffi.errno() === ERRNO.ENOBUFS) outcome = 'overrun';
      else if (koffi.errno() !== ERRNO.EINTR) return outcome;
    }
  }

  #decode(length: number, take: (link: Link, isGone: boolean) => void): void {
    for (let at = 0; at + HEADER_BYTES <= length;) {
      const messageBytes = this.#buffer.readUInt32LE(at);
      const type = this.#buffer.readUInt16LE(at + 4);
      const end = at + messageBytes;
      if (messageBytes < HEADER_BYTES || end > length) return;
      // A bridge tells of its ports by the same messages, under its own family; a port that leaves it is not gone.
      const isOfTheLink = this.#buffer[at + HEADER_BYTES] === 0;
      if (isOfTheLink && (type === RTM_NEWLINK || type === RTM_DELLINK))
        take(decodeLink(Buffer.from(this.#buffer.subarray(at + HEADER_BYTES, end))), type === RTM_DELLINK);
      at += (messageBytes + 3) & ~3;
    }
  }

  close(): void {
    libc.close(this.#fd);
  }
}
