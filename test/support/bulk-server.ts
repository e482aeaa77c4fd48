import { createServer, type IncomingHttpHeaders } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import { buffer } from 'node:stream/consumers';
import { gunzipSync } from 'node:zlib';

/** A bulk request as it came. */
export interface BulkRequest {
  /** `_id` of each document, in order. */
  readonly ids: readonly string[];
  readonly byteCount: number;
  readonly url: string;
  readonly headers: IncomingHttpHeaders;
  /** Milliseconds, monotonic. */
  readonly atMs: number;
}

/** How a request is answered; `close` and `hang`: not at all. Items stand for those of a 200. */
export type BulkReply =
  | 'close'
  | 'hang'
  | { readonly items: readonly object[]; readonly afterMs?: number }
  | {
      readonly status: number;
      readonly headers?: Record<string, string>;
      readonly body?: string;
      readonly afterMs?: number;
    };

export interface BulkServer {
  readonly url: string;
  readonly requests: BulkRequest[];
  /** The most requests that were under way at once. */
  mostAtOnce(): number;
  stop(): Promise<void>;
}

export const CREATED = { status: 201 };
export const CONFLICT = { status: 409, error: { type: 'version_conflict_engine_exception', reason: 'already exists' } };

/** An answer in which every document has the same item. */
export function toReply(request: BulkRequest, item: object = CREATED): BulkReply {
  return { items: request.ids.map(() => item) };
}

/** A server on loopback that takes bulk requests as Elasticsearch does and answers them as a test wants. */
export async function startBulkServer(answer: (request: BulkRequest, index: number) => BulkReply): Promise<BulkServer> {
  const requests: BulkRequest[] = [];
  let atOnce = 0;
  let mostAtOnce = 0;
  const server = createServer((incoming, outgoing) => {
    mostAtOnce = Math.max(mostAtOnce, ++atOnce);
    outgoing.once('close', () => atOnce--);
    void buffer(incoming).then(
      async (received) => {
        const { headers, url = '' } = incoming;
        const body = headers['content-encoding'] === 'gzip' ? gunzipSync(received) : received;
        const request = { ids: readIds(body), byteCount: received.length, url, headers, atMs: performance.now() };
        requests.push(request);
        const reply = answer(request, requests.length - 1);
        if (reply === 'hang') return;
        if (reply === 'close') return void incoming.socket.destroy();
        await delay(reply.afterMs ?? 0);
        const usual = { 'x-elastic-product': 'Elasticsearch', 'content-type': 'application/json' };
        if ('status' in reply)
          return void outgoing.writeHead(reply.status, { ...usual, ...reply.headers }).end(reply.body);
        const items = reply.items.map((create) => ({ create }));
        outgoing.writeHead(200, usual).end(JSON.stringify({ errors: false, items }));
      },
      () => undefined,
    );
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    requests,
    mostAtOnce: () => mostAtOnce,
    stop: async () => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

function readIds(body: Buffer): string[] {
  const actions = body
    .toString()
    .split('\n')
    .filter((line, i) => i % 2 === 0 && line !== '');
  return actions.map((line) => (JSON.parse(line) as { create: Record<string, string> }).create['_id'] ?? '');
}
