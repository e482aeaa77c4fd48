import { once } from 'node:events';
import * as http from 'node:http';
import * as https from 'node:https';
import type { AddressInfo, Socket } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import type { KubernetesKind } from '../../../src/model/kubernetes-counters.ts';
import { isInScope, type ApiFault, type FaultScope, type WatchBreak } from './api-fault.ts';
import { parseApiRequest, type ApiRequest } from './api-request.ts';
import { toStatusBody } from './api-status-body.ts';
import { ApiStore } from './api-store.ts';
import { ListPages } from './list-pages.ts';
import { WatchSession } from './watch-session.ts';

export interface KubernetesApiOptions {
  readonly host: string;
  readonly port?: number;
  /** Before the paths of the API, as where one address serves many clusters. */
  readonly basePath?: string;
  /** Default 50 ms; a real server's is a minute. */
  readonly bookmarkMs?: number;
  /** Key, certificate and the CA of clients; without it plain HTTP. */
  readonly tls?: https.ServerOptions;
  /** Bearer tokens that are taken; without it no token is asked for. */
  readonly tokens?: readonly string[];
}

interface ScopedFault {
  readonly scope: FaultScope;
  readonly fault: ApiFault;
}

/**
 * Stands in for a Kubernetes API server: lists in pages and watches of the kinds that podflow follows, with the faults
 * of real ones on demand. What it holds is in `store`.
 */
export class KubernetesApi {
  readonly store = new ApiStore();
  /** Every request, in its order. */
  readonly requests: ApiRequest[] = [];
  readonly watches = new Set<WatchSession>();
  tokens: readonly string[] | undefined;
  readonly #options: KubernetesApiOptions;
  readonly #pages = new ListPages(this.store);
  readonly #faults: ScopedFault[] = [];
  readonly #denied = new Map<string, number>();
  readonly #sockets = new Set<Socket>();
  #server: http.Server | https.Server;
  #port = 0;
  readonly #bookmarks: NodeJS.Timeout;

  private constructor(options: KubernetesApiOptions) {
    this.#options = options;
    this.tokens = options.tokens;
    this.#server = this.#createServer();
    this.#bookmarks = setInterval(() => {
      for (const watch of this.watches) watch.bookmark();
    }, options.bookmarkMs ?? 50);
  }

  static async start(options: KubernetesApiOptions): Promise<KubernetesApi> {
    const api = new KubernetesApi(options);
    api.#port = options.port ?? 0;
    await api.up();
    return api;
  }

  get url(): string {
    const { tls, host, basePath = '' } = this.#options;
    return `${tls === undefined ? 'http' : 'https'}://${host}:${this.#port}${basePath}`;
  }

  /** The next requests of this scope get these faults, one each. */
  failNext(scope: FaultScope, ...faults: readonly ApiFault[]): void {
    for (const fault of faults) this.#faults.push({ scope, fault });
  }

  /** Faults that no request has met yet. */
  get pendingFaults(): number {
    return this.#faults.length;
  }

  forgetFaults(): void {
    this.#faults.length = 0;
  }

  /** Answers such requests with `status` until it is undefined. */
  deny(verb: ApiRequest['verb'], kind: KubernetesKind, status: 403 | 404 | undefined): void {
    if (status === undefined) this.#denied.delete(`${verb} ${kind}`);
    else this.#denied.set(`${verb} ${kind}`, status);
  }

  breakWatches(how: WatchBreak, kind?: KubernetesKind): void {
    for (const watch of this.watches) if (kind === undefined || watch.request.kind === kind) watch.break(how);
  }

  expireLists(): void {
    this.#pages.expire();
  }

  /** Refuses connections and breaks those that stand, until `up`. */
  async down(): Promise<void> {
    if (!this.#server.listening) return;
    const closed = once(this.#server, 'close');
    this.#server.close();
    for (const socket of this.#sockets) socket.destroy();
    await closed;
  }

  async up(): Promise<void> {
    this.#server = this.#createServer();
    this.#server.listen(this.#port, this.#options.host);
    await once(this.#server, 'listening');
    this.#port = (this.#server.address() as AddressInfo).port;
  }

  async close(): Promise<void> {
    clearInterval(this.#bookmarks);
    await this.down();
  }

  #createServer(): http.Server | https.Server {
    const { tls } = this.#options;
    const answer = (request: http.IncomingMessage, response: http.ServerResponse): void => {
      // A connection that breaks under way is what the tests are about.
      response.on('error', () => undefined);
      void this.#answer(request, response);
    };
    const server = tls === undefined ? http.createServer(answer) : https.createServer(tls, answer);
    server.on('connection', (socket: Socket) => {
      this.#sockets.add(socket);
      socket.once('close', () => this.#sockets.delete(socket));
    });
    return server;
  }

  async #answer(incoming: http.IncomingMessage, response: http.ServerResponse): Promise<void> {
    const request = parseApiRequest(incoming, this.#options.basePath ?? '');
    if (request === undefined) return fail(response, 404, `there is no ${incoming.url}`);
    this.requests.push(request);
    if (this.tokens?.includes(request.token ?? '') === false) return fail(response, 401, 'Unauthorized');
    const fault = this.#takeFault(request);
    if (fault !== undefined) return this.#misbehave(fault, request, response);
    const denied = this.#denied.get(`${request.verb} ${request.kind}`);
    if (denied !== undefined) return fail(response, denied, `User "sa" cannot ${request.verb} ${request.kind}`);
    if (request.verb === 'watch') return this.#watch(request, response);
    const body = this.#pages.read(request);
    if (body === undefined) return fail(response, 410, 'The provided continue parameter is too old');
    response.writeHead(200, { 'content-type': 'application/json' }).end(body);
    return undefined;
  }

  #takeFault(request: ApiRequest): ApiFault | undefined {
    const at = this.#faults.findIndex(({ scope }) => isInScope(scope, request));
    return at < 0 ? undefined : this.#faults.splice(at, 1)[0]?.fault;
  }

  #watch(request: ApiRequest, response: http.ServerResponse): void {
    const watch = new WatchSession(request, this.store, response);
    this.watches.add(watch);
    response.once('close', () => this.watches.delete(watch));
    watch.open();
  }

  async #misbehave(fault: ApiFault, request: ApiRequest, response: http.ServerResponse): Promise<void> {
    const body = request.verb === 'list' ? (this.#pages.read(request) ?? '{}') : '{"type":"ADDED"}\n';
    switch (fault.kind) {
      case 'status':
        if (fault.retryAfter !== undefined) response.setHeader('retry-after', fault.retryAfter);
        return fail(response, fault.status, 'scripted');
      case 'garbage':
        response.writeHead(200, { 'content-type': 'text/html' }).end('<html>a proxy that knows better</html>\n');
        return undefined;
      case 'empty_object':
        response.writeHead(200, { 'content-type': 'application/json' }).end('{}\n');
        return undefined;
      case 'cut':
        response.writeHead(200, { 'content-length': body.length }).write(body.slice(0, body.length / 2));
        await delay(5);
        response.socket?.resetAndDestroy();
        return undefined;
      case 'reset':
        response.socket?.resetAndDestroy();
        return undefined;
      case 'hang':
        return undefined;
      case 'slow':
        return dribble(response, body, fault.everyMs);
    }
  }
}

function fail(response: http.ServerResponse, code: number, message: string): void {
  const body = JSON.stringify(toStatusBody(code, message));
  response.writeHead(code, { 'content-type': 'application/json' }).end(body);
}

async function dribble(response: http.ServerResponse, body: string, everyMs: number): Promise<void> {
  const step = Math.ceil(body.length / 10);
  response.writeHead(200, { 'content-type': 'application/json' });
  for (let at = 0; at < body.length; at += step) {
    response.write(body.slice(at, at + step));
    await delay(everyMs);
  }
  response.end();
}
