import type { IncomingMessage, ServerResponse } from 'node:http';
import { pipeline } from 'node:stream/promises';
import { setImmediate } from 'node:timers/promises';
import { createGzip } from 'node:zlib';
import type { Registry } from 'prom-client';
import type { Log } from '../model/log.ts';
import type { ExpositionSource } from './exposition-source.ts';
import { EXPOSITION_CONTENT_TYPE } from './exposition-text.ts';

export interface MetricsHandlerOptions {
  readonly registry: Registry;
  /** Written after the registry's text, in this order. */
  readonly sources: readonly ExpositionSource[];
  readonly log: Log;
  /** A response that is not read within this time is cut off, default 30 s; no Prometheus waits longer by default. */
  readonly scrapeTimeoutMs?: number;
  /** Scrapes that may wait for the running one, default 4; further ones are answered 503. */
  readonly waitingLimit?: number;
}

/**
 * Answers `GET /metrics` in the text format 0.0.4, gzip level 1 where the client takes it. Scrapes run one at a time;
 * the text is made in pieces, as fast as the client reads, and the event loop turns between them. A scrape that
 * cannot be completed is cut off, so that the client never takes a part for the whole.
 */
export function createMetricsHandler(
  options: MetricsHandlerOptions,
): (request: IncomingMessage, response: ServerResponse) => Promise<void> {
  const { log, scrapeTimeoutMs = 30_000, waitingLimit = 4 } = options;
  let last: Promise<void> = Promise.resolve();
  let pending = 0;

  async function scrape(request: IncomingMessage, response: ServerResponse): Promise<void> {
    if (response.destroyed) return;
    try {
      await writeExposition(options, request, response, AbortSignal.timeout(scrapeTimeoutMs));
    } catch (error) {
      response.destroy();
      log.debug({ err: error }, 'A scrape was not completed');
    }
  }

  return async (request, response) => {
    if (pending > waitingLimit) return refuse(response);
    pending++;
    last = last.then(() => scrape(request, response)).finally(() => pending--);
    return last;
  };
}

async function writeExposition(
  { registry, sources }: MetricsHandlerOptions,
  request: IncomingMessage,
  response: ServerResponse,
  signal: AbortSignal,
): Promise<void> {
  const gzip = acceptsGzip(request.headers['accept-encoding']);
  response.statusCode = 200;
  response.setHeader('Content-Type', EXPOSITION_CONTENT_TYPE);
  response.setHeader('Vary', 'Accept-Encoding');
  if (gzip) response.setHeader('Content-Encoding', 'gzip');
  if (request.method === 'HEAD') {
    response.end();
    return;
  }
  const text = toPieces(registry, sources);
  if (gzip) await pipeline(text, createGzip({ level: 1 }), response, { signal });
  else await pipeline(text, response, { signal });
}

async function* toPieces(
  registry: Registry,
  sources: readonly ExpositionSource[],
): AsyncGenerator<Buffer, void, undefined> {
  yield Buffer.from(await registry.metrics());
  for (const source of sources) {
    for (const piece of source.exposition()) {
      await setImmediate();
      yield Buffer.from(piece);
    }
  }
}

function refuse(response: ServerResponse): void {
  response.writeHead(503, { 'Content-Type': 'application/json; charset=utf-8', 'Retry-After': '1' });
  response.end('{"error":"too many scrapes at once"}\n');
}

/** RFC 9110 §12.5.3: `gzip` or `*` named with a weight other than 0. */
function acceptsGzip(header: string | string[] | undefined): boolean {
  const weights = new Map<string, number>();
  for (const item of String(header ?? '')
    .toLowerCase()
    .split(',')) {
    const [coding = '', ...parameters] = item.split(';').map((part) => part.trim());
    const weight = parameters.find((parameter) => parameter.startsWith('q='));
    weights.set(coding, weight === undefined ? 1 : Number(weight.slice(2)));
  }
  return (weights.get('gzip') ?? weights.get('*') ?? 0) > 0;
}
