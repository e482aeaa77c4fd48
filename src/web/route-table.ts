import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Log } from '../model/log.ts';
import { sendJson, type HttpHandler, type Readiness } from './http-handler.ts';

export interface RouteTableOptions {
  /** Answers to GET and HEAD by exact path. */
  readonly routes: Readonly<Record<string, HttpHandler>>;
  /** Answers to all below a path (`/api`: `/api/…`) that no exact path has. */
  readonly prefixes?: Readonly<Record<string, HttpHandler>>;
  readonly readiness: () => Readiness;
  readonly log: Log;
}

/**
 * Sends each request to the handler of its path, with `/healthz` and `/readyz` added. Everything here is read-only:
 * other methods than GET and HEAD are answered 405, unknown paths 404, both as JSON.
 *
 * Plain `node:http` on purpose: exact paths need no router, and express would cost every probe 7 MiB of memory.
 */
export function createRouteTable({ routes, prefixes = {}, readiness, log }: RouteTableOptions): HttpHandler {
  const handlers = new Map<string, HttpHandler>([
    ['/healthz', (_, response) => sendJson(response, 200, { status: 'ok' })],
    ['/readyz', (_, response) => sendReadiness(response, readiness())],
    ...Object.entries(routes),
  ]);
  const below = Object.entries(prefixes).map(([path, handler]) => [`${path}/`, handler] as const);
  const paths = [...handlers.keys(), ...below.map(([prefix]) => prefix)];
  return async (request, response) => {
    response.setHeader('X-Content-Type-Options', 'nosniff');
    const path = toPath(request);
    const handler = handlers.get(path) ?? below.find(([prefix]) => path.startsWith(prefix))?.[1];
    if (handler === undefined) return sendJson(response, 404, { error: 'not found', paths });
    if (request.method !== 'GET' && request.method !== 'HEAD') {
      response.setHeader('Allow', 'GET, HEAD');
      return sendJson(response, 405, { error: 'method not allowed' });
    }
    try {
      await handler(request, response);
    } catch (error) {
      log.error({ err: error, path: request.url }, 'A request could not be answered');
      if (response.headersSent) response.destroy();
      else sendJson(response, 500, { error: 'internal error' });
    }
  };
}

function toPath({ url = '/' }: IncomingMessage): string {
  const end = url.indexOf('?');
  return end < 0 ? url : url.slice(0, end);
}

function sendReadiness(response: ServerResponse, { ready, detail }: Readiness): void {
  sendJson(response, ready ? 200 : 503, { ready, ...detail });
}
