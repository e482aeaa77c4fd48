import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import { buffer } from 'node:stream/consumers';
import { gunzipSync } from 'node:zlib';
import { OWN_LOOPBACK } from '../own-loopback.ts';
import type { FoundDocument } from './found-documents.ts';

/** How the store answers a document that it does not store. */
export interface DocumentRefusal {
  readonly status: number;
  readonly error: { readonly type: string; readonly reason: string };
}

const REFUSED: DocumentRefusal = {
  status: 400,
  error: { type: 'document_parsing_exception', reason: 'failed to parse field [network.name] of type [long]' },
};
const BUSY: DocumentRefusal = {
  status: 429,
  error: { type: 'es_rejected_execution_exception', reason: 'rejected execution: queue capacity exceeded' },
};

/**
 * Stands in for Elasticsearch where its faults are to come at will: `create` by id, kept however often podflow is
 * started. Answers as its bulk API does.
 */
export class DocumentStore {
  /** What is stored, by id. */
  readonly documents = new Map<string, FoundDocument>();
  /** Documents that were offered though they were stored. */
  conflicts = 0;
  /** The next so many requests are answered 429 as a whole. */
  busyRequests = 0;
  /** Of the next so many requests every third document is answered 429. */
  partlyBusyRequests = 0;
  /** The next so many requests are stored, and their answer never comes: the connection breaks. */
  brokenAnswers = 0;
  /** Which documents can never be stored; each is told of once. */
  isRefused: (document: FoundDocument) => boolean = () => false;
  readonly #sockets = new Set<Socket>();
  #server: Server | undefined;
  #port = 0;

  static async start(): Promise<DocumentStore> {
    const store = new DocumentStore();
    await store.up();
    return store;
  }

  get url(): string {
    return `http://${OWN_LOOPBACK}:${this.#port}`;
  }

  async up(): Promise<void> {
    this.#server = createServer((request, response) => {
      void this.#answer(request, response).catch(() => request.socket.destroy());
    });
    this.#server.on('connection', (socket) => {
      this.#sockets.add(socket);
      socket.once('close', () => this.#sockets.delete(socket));
    });
    this.#server.listen(this.#port, OWN_LOOPBACK);
    await once(this.#server, 'listening');
    this.#port = (this.#server.address() as AddressInfo).port;
  }

  /** Refuses connections, and breaks those that stand, or answers what is asked on them first. */
  async down(how: 'broken' | 'answered' = 'broken'): Promise<void> {
    const server = this.#server;
    if (server === undefined) return;
    this.#server = undefined;
    const closed = once(server, 'close');
    server.close();
    if (how === 'answered') server.closeIdleConnections();
    else for (const socket of this.#sockets) socket.destroy();
    await closed;
  }

  async #answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const received = await buffer(request);
    if (this.#server === undefined) response.setHeader('connection', 'close');
    response.setHeader('x-elastic-product', 'Elasticsearch');
    response.setHeader('content-type', 'application/vnd.elasticsearch+json;compatible-with=9');
    if (!(request.url ?? '').includes('_bulk')) {
      response.end(JSON.stringify({ version: { number: '9.5.3' }, tagline: 'You Know, for Search' }));
    } else if (this.busyRequests > 0) {
      this.busyRequests--;
      response.writeHead(429).end(JSON.stringify({ status: 429, error: BUSY.error }));
    } else {
      const plain = request.headers['content-encoding'] === 'gzip' ? gunzipSync(received) : received;
      const items = this.#store(plain.toString().split('\n'));
      if (this.brokenAnswers-- > 0) return void request.socket.destroy();
      this.brokenAnswers = 0;
      response.end(JSON.stringify({ errors: items.some(({ create }) => create.status > 201), took: 1, items }));
    }
  }

  /** Pairs of lines: the action and its document. */
  #store(lines: readonly string[]): { create: { status: number } }[] {
    const isPartlyBusy = this.partlyBusyRequests > 0;
    if (isPartlyBusy) this.partlyBusyRequests--;
    const items: { create: { status: number } }[] = [];
    for (let at = 0; at + 1 < lines.length; at += 2) {
      const isBusy = isPartlyBusy && at % 6 === 0;
      items.push({ create: isBusy ? BUSY : this.#create(lines[at] ?? '', lines[at + 1] ?? '') });
    }
    return items;
  }

  #create(action: string, source: string): { status: number } {
    const { _id: id } = (JSON.parse(action) as { create: { _id: string } }).create;
    if (this.documents.has(id)) {
      this.conflicts++;
      return { status: 409, error: { type: 'version_conflict_engine_exception', reason: 'exists' } } as DocumentRefusal;
    }
    const document = JSON.parse(source) as FoundDocument;
    if (this.isRefused(document)) return REFUSED;
    this.documents.set(id, document);
    return { status: 201 };
  }
}
