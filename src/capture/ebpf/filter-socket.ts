import { checked, ERRNO, koffi, lastErrnoName, libc } from '../../lib/libc.ts';
import { PodflowError } from '../../lib/podflow-error.ts';
import { withNamespace } from '../../lib/enter-namespace.ts';
import type { FlowProgram } from './flow-program.ts';

/** sys/socket.h, linux/if_packet.h, linux/if_ether.h */
const AF_PACKET = 17;
const SOCK_RAW_NONBLOCK_CLOEXEC = 3 | 0o4000 | 0o2000000;
const SOL_SOCKET = 1;
const SO_RCVBUF = 8;
const SO_RCVBUFFORCE = 33;
const SO_ATTACH_BPF = 50;
const SOL_PACKET = 263;
const PACKET_STATISTICS = 6;
const ETH_P_ALL = 3;
const SOCKADDR_LL_BYTES = 20;
const MSG_DONTWAIT = 0x40;
const MAX_COPY_BYTES = 1024;
/** Room for some 5,000 copies between two reads, unless told otherwise; memory is taken only by what waits. */
const RECEIVE_BUFFER_BYTES = 4 * 1024 * 1024;
/** Packets read in one go, so that a flood of copies cannot hold the event loop. */
const MAX_READ_PACKETS = 8192;

/** All sockets read into this: each packet is done with before the next. */
const copy = Buffer.allocUnsafeSlow(MAX_COPY_BYTES);

/**
 * An AF_PACKET socket that carries the flow program. It is made with protocol 0, gets its filter, and is bound to an
 * interface last, so that no unfiltered packet slips in. Only what the filter asks to be copied can be read from it.
 * One socket looks at one interface; any number of them may carry the same program.
 */
export class FilterSocket {
  readonly #fd: number;
  readonly #program: FlowProgram;
  #point = 0;
  #lostPackets = 0;

  /**
   * @param program not closed before the socket
   * @param receiveBufferBytes kernel memory for copies that wait to be read, 4 MiB when absent
   * @throws PodflowError CAPTURE_RIGHT_MISSING without NET_RAW in the namespace
   */
  constructor(program: FlowProgram, namespacePath: string | undefined, receiveBufferBytes = RECEIVE_BUFFER_BYTES) {
    this.#program = program;
    this.#fd = withNamespace(namespacePath, () => openPacketSocket());
    this.#setReceiveBuffer(receiveBufferBytes);
    const descriptor = Buffer.alloc(4);
    descriptor.writeInt32LE(program.fd);
    checked(
      libc.setsockopt(this.#fd, SOL_SOCKET, SO_ATTACH_BPF, descriptor, 4),
      'setsockopt(SO_ATTACH_BPF)',
      'Grant BPF and PERFMON, or choose --backend cap.',
    );
  }

  /** Beyond net.core.rmem_max where NET_ADMIN allows it. */
  #setReceiveBuffer(wantedBytes: number): void {
    const byteCount = Buffer.alloc(4);
    byteCount.writeInt32LE(wantedBytes);
    if (libc.setsockopt(this.#fd, SOL_SOCKET, SO_RCVBUFFORCE, byteCount, 4) !== 0)
      libc.setsockopt(this.#fd, SOL_SOCKET, SO_RCVBUF, byteCount, 4);
  }

  /** Looks at an interface from now on; called again, at another one. */
  bind(ifindex: number): void {
    const address = Buffer.alloc(SOCKADDR_LL_BYTES);
    address.writeUInt16LE(AF_PACKET, 0);
    address.writeUInt16BE(ETH_P_ALL, 2);
    address.writeInt32LE(ifindex, 4);
    checked(libc.bind(this.#fd, address, address.length), 'bind(AF_PACKET)', 'Check that the interface still exists.');
    this.#point = this.#program.pointOf(ifindex);
  }

  /**
   * Reads the packets copied so far: from the link header on, cut as the filter said, with the point at which they were
   * seen; valid only during the call of `take`. Returns how many.
   */
  readCopies(take: (packet: Buffer, point: number) => void): number {
    for (let packets = 0; packets < MAX_READ_PACKETS; packets++) {
      const length = Number(libc.recv(this.#fd, copy, MAX_COPY_BYTES, MSG_DONTWAIT));
      if (length < 0) {
        // ENETDOWN tells once that the interface went down; the socket goes on when it is back.
        if (koffi.errno() === ERRNO.ENETDOWN || koffi.errno() === ERRNO.EINTR) continue;
        return packets;
      }
      take(copy.subarray(0, length), this.#point);
    }
    return MAX_READ_PACKETS;
  }

  /** Copies that found the receive buffer full, since the socket was made (PACKET_STATISTICS resets when read). */
  lostPackets(): number {
    const statistics = Buffer.alloc(8);
    const length = Buffer.alloc(4);
    length.writeUInt32LE(8);
    if (libc.getsockopt(this.#fd, SOL_PACKET, PACKET_STATISTICS, statistics, length) === 0)
      this.#lostPackets += statistics.readUInt32LE(4);
    return this.#lostPackets;
  }

  /** The kernel returns from this only when the filter runs no more, which takes some 10 ms. */
  close(): void {
    libc.close(this.#fd);
  }

  /** The same without waiting for it: the promise resolves when the filter runs no more. */
  closeInBackground(): Promise<void> {
    return new Promise((resolve) => libc.close.async(this.#fd, () => resolve()));
  }
}

function openPacketSocket(): number {
  const fd = libc.socket(AF_PACKET, SOCK_RAW_NONBLOCK_CLOEXEC, 0) as number;
  if (fd >= 0) return fd;
  throw new PodflowError('CAPTURE_RIGHT_MISSING', {
    interfaceName: 'the network namespace',
    reasons: `an AF_PACKET socket is refused: ${lastErrnoName()} (NET_RAW is needed)`,
  });
}
