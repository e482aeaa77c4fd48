import { ClientSocket, type SocketAddress } from '../namespace-socket.ts';
import { LEAVE, toDnsQuery, type SeenByServer } from './echo-servers.ts';

export interface DialOptions {
  readonly namespacePath: string;
  readonly protocol: 'tcp' | 'udp';
  readonly to: SocketAddress;
  /** Where the client binds; the kernel's choice when absent. */
  readonly from?: SocketAddress;
  readonly timeoutMs?: number;
}

/** A connection, or an attempt at one, as its two ends tell it. */
export interface Dialled {
  readonly protocol: 'tcp' | 'udp';
  /** The client's own socket. */
  readonly client: SocketAddress;
  readonly to: SocketAddress;
  /** The server's own socket, as it told the client; undefined when there was no answer. */
  readonly seen: SeenByServer | undefined;
  /** `answered`, or the errno that the client got. */
  readonly outcome: string;
}

const TIMEOUT_MS = 2_000;
const SEEN_PATTERN = /\{.*\}/;

/** Connects (or asks, over UDP), and reads what the server tells; the connection stays until it is closed. */
export class Dial {
  readonly result: Dialled;
  readonly #socket: ClientSocket;

  private constructor(result: Dialled, socket: ClientSocket) {
    this.result = result;
    this.#socket = socket;
  }

  static async open({ namespacePath, protocol, to, from, timeoutMs = TIMEOUT_MS }: DialOptions): Promise<Dial> {
    const local = from ?? { address: to.address.includes(':') ? '::' : '0.0.0.0', port: 0 };
    const socket = new ClientSocket({ namespacePath, protocol, local });
    const connected = await socket.connect(to, timeoutMs);
    const client = socket.local;
    if (connected !== 'connected')
      return new Dial({ protocol, client, to, seen: undefined, outcome: connected }, socket);
    if (protocol === 'udp') socket.send(toDnsQuery('whoami.test'));
    const answer = await socket.receive(timeoutMs);
    if (typeof answer === 'string') return new Dial({ protocol, client, to, seen: undefined, outcome: answer }, socket);
    const text = SEEN_PATTERN.exec(answer.toString('latin1'))?.[0] ?? 'null';
    return new Dial({ protocol, client, to, seen: JSON.parse(text) as SeenByServer, outcome: 'answered' }, socket);
  }

  /** Sends over TCP and waits for it to come back; false when it does not. */
  async echo(text: string): Promise<boolean> {
    if (!this.#socket.send(Buffer.from(text))) return false;
    const answer = await this.#socket.receive(TIMEOUT_MS);
    return answer.toString() === text;
  }

  /** Has the server close first, so that TIME_WAIT is on its side and the client's port is free at once. */
  async leave(): Promise<void> {
    this.#socket.send(Buffer.from(LEAVE));
    await this.#socket.receive(TIMEOUT_MS);
    this.#socket.close();
  }

  close(): void {
    this.#socket.close();
  }
}

/** Opens and closes. */
export async function dial(options: DialOptions): Promise<Dialled> {
  const connection = await Dial.open(options);
  connection.close();
  return connection.result;
}
