import { setTimeout as delay } from 'node:timers/promises';
import ipaddr from 'ipaddr.js';
import { withNamespace } from '../../src/lib/enter-namespace.ts';
import { checked, koffi, lastErrnoName, libc } from '../../src/lib/libc.ts';

/** One end of a transport connection, its address in canonical text. */
export interface SocketAddress {
  readonly address: string;
  readonly port: number;
}

export interface SocketOptions {
  /** As `/proc/PID/ns/net`. */
  readonly namespacePath: string;
  readonly protocol: 'tcp' | 'udp';
  /** Where to bind; the wildcard of this family with port 0 leaves both to the kernel. */
  readonly local: SocketAddress;
}

const library = koffi.load('libc.so.6');
const native = {
  connect: library.func('int connect(int fd, const void *address, uint32_t length)'),
  getsockname: library.func('int getsockname(int fd, void *address, void *length)'),
  getpeername: library.func('int getpeername(int fd, void *address, void *length)'),
};

/** bits/socket.h, asm-generic/socket.h */
const AF_INET = 2;
const AF_INET6 = 10;
const SOCK_STREAM_CLOEXEC_NONBLOCK = 0o2004001;
const SOCK_DGRAM_CLOEXEC_NONBLOCK = 0o2004002;
const SOL_SOCKET = 1;
const SO_REUSEADDR = 2;
const SO_ERROR = 4;
const MSG_NOSIGNAL = 0x4000;
const SOCKADDR_BYTES = 28;
const RECEIVE_BYTES = 4096;
const POLL_MS = 2;
const HINT = 'This is a test.';

/**
 * Makes a non-blocking socket inside a network namespace, with SO_REUSEADDR, bound as asked; returns its descriptor,
 * which node's servers take by `listen({ fd })` and `bind({ fd })`.
 */
export function createBoundSocket({ namespacePath, protocol, local }: SocketOptions): number {
  const family = local.address.includes(':') ? AF_INET6 : AF_INET;
  const type = protocol === 'tcp' ? SOCK_STREAM_CLOEXEC_NONBLOCK : SOCK_DGRAM_CLOEXEC_NONBLOCK;
  const fd = withNamespace(namespacePath, () => checked(libc.socket(family, type, 0) as number, 'socket', HINT));
  const on = Buffer.from([1, 0, 0, 0]);
  checked(libc.setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, on, on.length) as number, 'setsockopt', HINT);
  const address = encodeSocketAddress(local);
  checked(libc.bind(fd, address, address.length) as number, `bind ${local.address} ${local.port}`, HINT);
  return fd;
}

/** A client's socket in another namespace, driven by short polls: no process and no thread is needed for it. */
export class ClientSocket {
  readonly #fd: number;
  #isClosed = false;

  constructor(options: SocketOptions) {
    this.#fd = createBoundSocket(options);
  }

  /** Resolves with `connected`, or the errno as `ECONNREFUSED`; `ETIMEDOUT` when nothing came for `timeoutMs`. */
  async connect(to: SocketAddress, timeoutMs: number): Promise<string> {
    const address = encodeSocketAddress(to);
    if (native.connect(this.#fd, address, address.length) === 0) return 'connected';
    const begun = lastErrnoName();
    if (begun !== 'EINPROGRESS') return begun;
    const ended = await poll(timeoutMs, () => this.#pendingError() ?? (this.#isConnected() ? 'connected' : undefined));
    return ended ?? 'ETIMEDOUT';
  }

  /** What the socket itself has for its own end, after `connect`. */
  get local(): SocketAddress {
    const bytes = Buffer.alloc(SOCKADDR_BYTES);
    checked(native.getsockname(this.#fd, bytes, toLength()) as number, 'getsockname', HINT);
    return decodeSocketAddress(bytes);
  }

  /** False when the connection is broken. */
  send(data: Buffer): boolean {
    return Number(libc.send(this.#fd, data, data.length, MSG_NOSIGNAL)) === data.length;
  }

  /** The next bytes; empty at the end of the stream; the errno as text; `ETIMEDOUT` when none came. */
  async receive(timeoutMs: number): Promise<Buffer | string> {
    const buffer = Buffer.alloc(RECEIVE_BYTES);
    const received = await poll(timeoutMs, () => {
      const length = Number(libc.recv(this.#fd, buffer, buffer.length, 0));
      if (length >= 0) return buffer.subarray(0, length);
      const errno = lastErrnoName();
      return errno === 'EAGAIN' || errno === 'EWOULDBLOCK' ? undefined : errno;
    });
    return received ?? 'ETIMEDOUT';
  }

  /** Safe twice. */
  close(): void {
    if (!this.#isClosed) libc.close(this.#fd);
    this.#isClosed = true;
  }

  #pendingError(): string | undefined {
    const value = Buffer.alloc(4);
    libc.getsockopt(this.#fd, SOL_SOCKET, SO_ERROR, value, toLength(value.length));
    const errno = value.readInt32LE();
    return Object.entries(koffi.os.errno).find(([, number]) => errno !== 0 && number === errno)?.[0];
  }

  #isConnected(): boolean {
    return native.getpeername(this.#fd, Buffer.alloc(SOCKADDR_BYTES), toLength()) === 0;
  }
}

async function poll<Value>(timeoutMs: number, read: () => Value | undefined): Promise<Value | undefined> {
  for (const endMs = performance.now() + timeoutMs; ; await delay(POLL_MS)) {
    const value = read();
    if (value !== undefined || performance.now() > endMs) return value;
  }
}

function toLength(byteCount = SOCKADDR_BYTES): Buffer {
  const length = Buffer.alloc(4);
  length.writeUInt32LE(byteCount);
  return length;
}

/** struct sockaddr_in or sockaddr_in6 (linux/in.h, linux/in6.h). */
function encodeSocketAddress({ address, port }: SocketAddress): Buffer {
  const octets = ipaddr.parse(address).toByteArray();
  const isIpv6 = octets.length === 16;
  const bytes = Buffer.alloc(isIpv6 ? SOCKADDR_BYTES : 16);
  bytes.writeUInt16LE(isIpv6 ? AF_INET6 : AF_INET);
  bytes.writeUInt16BE(port, 2);
  bytes.set(octets, isIpv6 ? 8 : 4);
  return bytes;
}

function decodeSocketAddress(bytes: Buffer): SocketAddress {
  const isIpv6 = bytes.readUInt16LE() === AF_INET6;
  const octets = isIpv6 ? bytes.subarray(8, 24) : bytes.subarray(4, 8);
  return { address: toAddress(ipaddr.fromByteArray([...octets]).toString()), port: bytes.readUInt16BE(2) };
}

/** Canonical text (RFC 5952), an IPv4 address mapped into IPv6 as IPv4. */
export function toAddress(text: string): string {
  return ipaddr.process(text).toString();
}
