import { once } from 'node:events';
import { connect, createServer, type AddressInfo, type Server, type Socket } from 'node:net';
import { OWN_LOOPBACK } from './own-loopback.ts';

/** A TCP connection between two processes that a test can take away and give back: a forwarding port. */
export class TcpLink {
  readonly #targetPort: number;
  readonly #sockets = new Set<Socket>();
  /** Connections that have sent something which is not answered yet. */
  readonly #asking = new Set<Socket>();
  #server: Server | undefined;
  #port = 0;

  private constructor(targetPort: number) {
    this.#targetPort = targetPort;
  }

  static async start(targetPort: number): Promise<TcpLink> {
    const link = new TcpLink(targetPort);
    await link.up();
    return link;
  }

  get url(): string {
    return `http://${OWN_LOOPBACK}:${this.#port}`;
  }

  /** Whether a request is under way. */
  get isBusy(): boolean {
    return this.#asking.size > 0;
  }

  /** Refuses connections and breaks those that stand. Safe twice. */
  async down(): Promise<void> {
    const server = this.#server;
    if (server === undefined) return;
    this.#server = undefined;
    const closed = once(server, 'close');
    server.close();
    for (const socket of this.#sockets) socket.destroy();
    await closed;
  }

  async up(): Promise<void> {
    const server = createServer((socket) => this.#forward(socket));
    server.listen(this.#port, OWN_LOOPBACK);
    await once(server, 'listening');
    this.#port = (server.address() as AddressInfo).port;
    this.#server = server;
  }

  #forward(near: Socket): void {
    const far = connect(this.#targetPort, OWN_LOOPBACK);
    near.on('data', () => this.#asking.add(near));
    far.on('data', () => this.#asking.delete(near));
    near.on('close', () => this.#asking.delete(near));
    for (const [socket, other] of [
      [near, far],
      [far, near],
    ] as const) {
      this.#sockets.add(socket);
      socket.pipe(other);
      socket.on('error', () => other.destroy());
      socket.on('close', () => {
        this.#sockets.delete(socket);
        other.destroy();
      });
    }
  }
}
