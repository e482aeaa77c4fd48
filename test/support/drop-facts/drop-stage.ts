import { createSocket, type Socket as UdpSocket } from 'node:dgram';
import { once } from 'node:events';
import { createServer, type Server, type Socket } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import { LinkMonitor } from '../../../src/capture/interface/link-monitor.ts';
import { sendFrames } from '../frame-sender.ts';
import { ClientSocket, createBoundSocket } from '../namespace-socket.ts';
import { ethernet, ipv4, ipv6 } from '../packet-builder.ts';
import { ADDRESS, DropNetwork } from './drop-network.ts';

/** Ports of the server; it refuses all others. */
export const SERVER_PORT = {
  /** Answers over TCP and UDP. */
  echo: 3_000,
  /** Takes data, and then resets the connection. */
  reset: 3_001,
  /** Takes connections and reads nothing. */
  stall: 3_002,
  /** Takes datagrams and does not answer. */
  silent: 3_003,
  dns: 53,
} as const;

const CONNECT_MS = 400;
const ANSWER_MS = 2_000;
const PLENTY = Buffer.alloc(65_536);
const EXPERIMENTAL_PROTOCOL = 253;

/** A network with servers in it, and the means to provoke what does not get through. */
export class DropStage {
  readonly network: DropNetwork;
  readonly #sockets: ClientSocket[] = [];
  readonly #servers: (Server | UdpSocket)[] = [];
  readonly #accepted: Socket[] = [];

  private constructor(network: DropNetwork) {
    this.network = network;
  }

  static async create(): Promise<DropStage> {
    const stage = new DropStage(await DropNetwork.create());
    await stage.#serveTcp(SERVER_PORT.echo, (socket) => socket.pipe(socket));
    await stage.#serveTcp(SERVER_PORT.reset, (socket) => socket.once('data', () => socket.resetAndDestroy()));
    await stage.#serveTcp(SERVER_PORT.stall, (socket) => socket.pause());
    await stage.#serveUdp(SERVER_PORT.echo, (socket) =>
      socket.on('message', (data, peer) => socket.send(data, peer.port, peer.address)),
    );
    await stage.#serveUdp(SERVER_PORT.silent);
    await stage.#serveUdp(SERVER_PORT.dns);
    return stage;
  }

  close(): void {
    for (const socket of this.#sockets) socket.close();
    for (const socket of this.#accepted) socket.destroy();
    for (const server of this.#servers) server.close();
    this.network.close();
  }

  /** Dials, and leaves the socket to itself if nothing comes of it for a while. */
  async dial(address: string, port: number): Promise<ClientSocket> {
    const socket = this.#socket('tcp', address);
    await socket.connect({ address, port }, CONNECT_MS);
    return socket;
  }

  /** Dials and sends; resolves with the answer. */
  async exchange(protocol: 'tcp' | 'udp', address: string, port: number): Promise<ClientSocket> {
    const socket = protocol === 'tcp' ? await this.dial(address, port) : this.#socket('udp', address);
    if (protocol === 'udp') await socket.connect({ address, port }, CONNECT_MS);
    socket.send(Buffer.from('question'));
    await socket.receive(ANSWER_MS);
    return socket;
  }

  async sendDatagram(address: string, port: number, byteCount = 20): Promise<void> {
    const socket = this.#socket('udp', address);
    await socket.connect({ address, port }, CONNECT_MS);
    socket.send(Buffer.alloc(byteCount));
  }

  /** Sends until a peer that reads nothing has let the window close. */
  async overfill(address: string, port: number): Promise<void> {
    const socket = await this.dial(address, port);
    for (let turn = 0; turn < 50; turn++) {
      while (socket.send(PLENTY));
      await delay(20);
    }
  }

  /** Sends more than one packet's worth at once. */
  async upload(address: string, port: number): Promise<void> {
    const socket = await this.dial(address, port);
    socket.send(PLENTY.subarray(0, 8_000));
    await socket.receive(200);
  }

  /** Sends a packet of a protocol that no host knows (RFC 3692), from the client. */
  sendUnknownProtocol(): Promise<void> {
    const { network } = this;
    const monitor = LinkMonitor.open(network.client.path);
    const ifindex = monitor.read('eth0')?.ifindex ?? 0;
    monitor.close();
    const { client: source, server: destination, client6, server6 } = ADDRESS;
    const link = { destination: network.routerLinkAddress };
    sendFrames(network.client.path, ifindex, [
      ethernet(ipv4({ source, destination, protocol: EXPERIMENTAL_PROTOCOL }, Buffer.alloc(40)), link),
      ethernet(
        ipv6({ source: client6, destination: server6, nextHeader: EXPERIMENTAL_PROTOCOL }, PLENTY.subarray(0, 40)),
        link,
      ),
    ]);
    return Promise.resolve();
  }

  #socket(protocol: 'tcp' | 'udp', to: string): ClientSocket {
    const local = { address: to.includes(':') ? '::' : '0.0.0.0', port: 0 };
    const socket = new ClientSocket({ namespacePath: this.network.client.path, protocol, local });
    this.#sockets.push(socket);
    return socket;
  }

  async #serveTcp(port: number, take: (socket: Socket) => void): Promise<void> {
    const server = createServer({ pauseOnConnect: port === SERVER_PORT.stall }, (socket) => {
      this.#accepted.push(socket);
      socket.on('error', () => socket.destroy());
      take(socket);
    });
    server.listen({ fd: this.#serverSocket('tcp', port) });
    await once(server, 'listening');
    this.#servers.push(server);
  }

  async #serveUdp(port: number, take: (socket: UdpSocket) => void = () => undefined): Promise<void> {
    const socket = createSocket('udp6');
    take(socket);
    const isListening = once(socket, 'listening');
    socket.bind({ fd: this.#serverSocket('udp', port) });
    await isListening;
    this.#servers.push(socket);
  }

  #serverSocket(protocol: 'tcp' | 'udp', port: number): number {
    const namespacePath = this.network.server.path;
    return createBoundSocket({ namespacePath, protocol, local: { address: '::', port } });
  }
}
