import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { getSystemErrorMap } from 'node:util';
import type { Log } from '../model/log.ts';
import { PodflowError } from '../lib/podflow-error.ts';
import type { Deadline } from '../model/stage.ts';
import type { HttpHandler } from './http-handler.ts';

export interface HttpServerOptions {
  readonly host: string;
  /** 0 takes any free port. */
  readonly port: number;
  /** The setting to name when the address cannot be had. */
  readonly flag: string;
  readonly handler: HttpHandler;
  /** Connections at a time, default 256. */
  readonly connectionLimit?: number;
  /** How long a request with its body may take to come, default 15 s. */
  readonly requestTimeoutMs?: number;
  readonly log: Log;
}

/** Where a server listens. */
export interface ListenAddress {
  readonly host: string;
  readonly port: number;
  readonly url: string;
}

const HEADERS_TIMEOUT_MS = 10_000;
const REQUEST_TIMEOUT_MS = 15_000;
/** Longer than the 90 s after which Go clients, Prometheus among them, close an idle connection themselves. */
const KEEP_ALIVE_TIMEOUT_MS = 95_000;
const CHECK_INTERVAL_MS = 5_000;
const CONNECTION_LIMIT = 256;

/** An HTTP/1.1 server with bounded connections and times. */
export class HttpServer {
  readonly #options: HttpServerOptions;
  readonly #server: Server;
  #stopped: Promise<void> | undefined;

  constructor(options: HttpServerOptions) {
    this.#options = options;
    this.#server = createServer(
      {
        headersTimeout: HEADERS_TIMEOUT_MS,
        requestTimeout: options.requestTimeoutMs ?? REQUEST_TIMEOUT_MS,
        keepAliveTimeout: KEEP_ALIVE_TIMEOUT_MS,
        connectionsCheckingInterval: CHECK_INTERVAL_MS,
      },
      (request, response) => this.#answer(request, response),
    );
    this.#server.maxConnections = options.connectionLimit ?? CONNECTION_LIMIT;
  }

  /** Begins to listen and tells the real address; rejects with ADDRESS_IN_USE when it cannot. */
  async start(): Promise<ListenAddress> {
    const { host, port, flag, log } = this.#options;
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    this.#server.once('error', reject).listen({ host, port }, resolve);
    try {
      await promise;
    } catch (error) {
      throw new PodflowError(
        'ADDRESS_IN_USE',
        { address: toAuthority(host, port), reason: toReason(error), flag },
        error,
      );
    }
    this.#server.off('error', reject).on('error', (error) => log.error({ err: error }, 'The HTTP server failed'));
    return toListenAddress(this.#server, host);
  }

  /** Takes no new connections, lets running answers finish within the deadline, then closes. Safe twice. */
  stop(deadline: Deadline): Promise<void> {
    this.#stopped ??= this.#close(deadline);
    return this.#stopped;
  }

  #answer(request: IncomingMessage, response: ServerResponse): void {
    // Node closes idle connections when the server closes, and leaves those that become idle later open.
    response.once('close', () => {
      if (this.#stopped !== undefined) setImmediate(() => this.#server.closeIdleConnections());
    });
    void this.#options.handler(request, response);
  }

  async #close(deadline: Deadline): Promise<void> {
    if (!this.#server.listening) return;
    const { promise, resolve } = Promise.withResolvers<void>();
    const timer = setTimeout(() => this.#server.closeAllConnections(), deadline.remainingMs());
    this.#server.close(() => resolve());
    await promise;
    clearTimeout(timer);
  }
}

function toListenAddress(server: Server, host: string): ListenAddress {
  const address = server.address();
  const port = typeof address === 'object' && address !== null ? address.port : 0;
  return { host, port, url: `http://${toAuthority(host, port)}` };
}

/** RFC 3986 §3.2.2: an IPv6 address stands in brackets. */
function toAuthority(host: string, port: number): string {
  return host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`;
}

function toReason(error: unknown): string {
  const { errno, message } = error as Partial<NodeJS.ErrnoException>;
  return (errno === undefined ? undefined : getSystemErrorMap().get(errno)?.[1]) ?? message ?? String(error);
}
