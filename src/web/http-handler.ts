import type { IncomingMessage, ServerResponse } from 'node:http';

/** Answers one request completely; a rejection is logged and answered 500. */
export type HttpHandler = (request: IncomingMessage, response: ServerResponse) => Promise<void> | void;

/** Whether the process does its work, and what is wanting where it does not. */
export interface Readiness {
  readonly ready: boolean;
  /** Told in the answer as it is: the state of each part. */
  readonly detail: Readonly<Record<string, unknown>>;
}

/** Sends a JSON document as the whole answer. */
export function sendJson(response: ServerResponse, statusCode: number, document: object): void {
  response.statusCode = statusCode;
  response.setHeader('Content-Type', 'application/json; charset=utf-8');
  response.setHeader('Cache-Control', 'no-store');
  response.end(`${JSON.stringify(document)}\n`);
}
