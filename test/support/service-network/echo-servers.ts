import { createSocket, type Socket as UdpSocket } from 'node:dgram';
import { once } from 'node:events';
import { createServer, type Server, type Socket } from 'node:net';
import type { NetworkNamespace } from '../../../src/lib/network-namespace.ts';
import { createBoundSocket, toAddress, type SocketAddress } from '../namespace-socket.ts';

/** Sent to a TCP server, has it close the connection before the client does. */
export const LEAVE = 'leave\n';

/** What a server's own socket knew of a connection. */
export interface SeenByServer {
  readonly host: string;
  readonly peer: SocketAddress;
  readonly local: SocketAddress;
}

export interface EchoPlan {
  /** Name of the host, by which its answers tell it. */
  readonly host: string;
  readonly namespace: NetworkNamespace;
  readonly tcpPorts: readonly number[];
  /** Where to answer DNS questions. */
  readonly dns: readonly SocketAddress[];
}

const DNS_HEADER_BYTES = 12;

/**
 * Servers of one host inside its namespace, in this process. Over TCP they greet with what `getpeername` and
 * `getsockname` say of the connection, and send back what they get; to DNS questions over UDP they answer with a TXT
 * record of the same.
 */
export class EchoServers {
  readonly #tcp: Server[] = [];
  readonly #udp: UdpSocket[] = [];

  static async start(plan: EchoPlan): Promise<EchoServers> {
    const servers = new EchoServers();
    for (const port of plan.tcpPorts) await servers.#listen(plan, port);
    for (const local of plan.dns) await servers.#answer(plan, local);
    return servers;
  }

  close(): void {
    for (const server of this.#tcp) server.close();
    for (const socket of this.#udp) socket.close();
  }

  async #listen({ host, namespace }: EchoPlan, port: number): Promise<void> {
    const local = { address: '::', port };
    const fd = createBoundSocket({ namespacePath: namespace.path, protocol: 'tcp', local });
    const server = createServer((socket) => greet(host, socket));
    server.listen({ fd });
    await once(server, 'listening');
    this.#tcp.push(server);
  }

  async #answer({ host, namespace }: EchoPlan, local: SocketAddress): Promise<void> {
    const fd = createBoundSocket({ namespacePath: namespace.path, protocol: 'udp', local });
    const socket = createSocket(local.address.includes(':') ? 'udp6' : 'udp4');
    socket.on('message', (query, peer) => {
      const seen: SeenByServer = { host, peer: { address: toAddress(peer.address), port: peer.port }, local };
      socket.send(toDnsAnswer(query, JSON.stringify(seen)), peer.port, peer.address);
    });
    const isListening = once(socket, 'listening');
    socket.bind({ fd });
    await isListening;
    this.#udp.push(socket);
  }
}

function greet(host: string, socket: Socket): void {
  const peer = { address: toAddress(socket.remoteAddress ?? ''), port: socket.remotePort ?? 0 };
  const local = { address: toAddress(socket.localAddress ?? ''), port: socket.localPort ?? 0 };
  socket.write(`${JSON.stringify({ host, peer, local } satisfies SeenByServer)}\n`);
  socket.on('data', (data) => (data.toString() === LEAVE ? socket.end() : socket.write(data)));
  // A client that went away is what some tests are about.
  socket.on('error', () => socket.destroy());
}

/** A question of type TXT (RFC 1035 §4.1). */
export function toDnsQuery(name: string): Buffer {
  const labels = name.split('.').map((label) => Buffer.from(`${String.fromCharCode(label.length)}${label}`));
  const header = Buffer.from([0x12, 0x34, 1, 0, 0, 1, 0, 0, 0, 0, 0, 0]);
  return Buffer.concat([header, ...labels, Buffer.from([0, 0, 16, 0, 1])]);
}

/** The question again with one TXT record, whose name points to it. */
function toDnsAnswer(query: Buffer, text: string): Buffer {
  const record = Buffer.from([0xc0, DNS_HEADER_BYTES, 0, 16, 0, 1, 0, 0, 0, 5, 0, text.length + 1, text.length]);
  const answer = Buffer.concat([query, record, Buffer.from(text)]);
  answer.writeUInt16BE(0x8180, 2);
  answer.writeUInt16BE(1, 6);
  return answer;
}
