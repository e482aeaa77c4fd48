import type { ServerResponse } from 'node:http';
import type { WatchBreak } from './api-fault.ts';
import type { ApiRequest } from './api-request.ts';
import { toStatusBody } from './api-status-body.ts';
import type { ApiStore, StoredObject, StoreEvent } from './api-store.ts';

/** One open watch of the stand-in. */
export class WatchSession {
  readonly request: ApiRequest;
  readonly #store: ApiStore;
  readonly #response: ServerResponse;
  #isSilent = false;
  #stopListening: () => void = () => undefined;

  constructor(request: ApiRequest, store: ApiStore, response: ServerResponse) {
    this.request = request;
    this.#store = store;
    this.#response = response;
  }

  /** Sends what happened after the requested version, then all that happens, until the requested time has passed. */
  open(): void {
    const { query, kind } = this.request;
    const revision = Number(query.get('resourceVersion'));
    this.#response.writeHead(200, { 'content-type': 'application/json;stream=watch' });
    this.#response.flushHeaders();
    if (revision < this.#store.compacted) return this.#fail(410, `too old resource version: ${revision}`);
    if (revision > this.#store.revision) {
      const message = `Timeout: Too large resource version: ${revision}, current: ${this.#store.revision}`;
      return this.#fail(504, message, 'ResourceVersionTooLarge');
    }
    for (const event of this.#store.eventsAfter(kind, revision)) this.#send(event);
    this.#stopListening = this.#store.listen(kind, (event) => this.#send(event));
    const timer = setTimeout(() => this.#response.end(), Number(query.get('timeoutSeconds') ?? 1_800) * 1000);
    this.#response.once('close', () => {
      clearTimeout(timer);
      this.#stopListening();
    });
    return undefined;
  }

  bookmark(): void {
    if (this.request.query.get('allowWatchBookmarks') !== 'true') return;
    const metadata = { resourceVersion: String(this.#store.revision), creationTimestamp: null };
    this.#write(JSON.stringify({ type: 'BOOKMARK', object: { kind: this.request.kind, apiVersion: 'v1', metadata } }));
  }

  break(how: WatchBreak): void {
    if (how === 'silence') this.#isSilent = true;
    if (how === 'close') this.#response.end();
    if (how === 'reset') this.#response.socket?.resetAndDestroy();
    if (how === 'half_event') this.#response.end('{"type":"ADDED","object":{"metadata":{"name":"ha');
    if (how === 'garbage') this.#write('<html>504 Gateway Time-out</html>');
    if (how === 'error_410') this.#fail(410, 'too old resource version');
    if (how === 'error_500') this.#fail(500, 'etcdserver: request timed out');
  }

  #send({ type, object }: StoreEvent): void {
    this.#write(`{"type":"${type}","object":${toJson(object, this.request)}}`);
  }

  #fail(code: number, message: string, cause?: string): void {
    this.#write(JSON.stringify({ type: 'ERROR', object: toStatusBody(code, message, cause) }));
    this.#isSilent = true;
    this.#response.end();
  }

  #write(line: string): void {
    if (!this.#isSilent) this.#response.write(`${line}\n`);
  }
}

/** The object as it was asked for, whole or its metadata only. */
export function toJson(object: StoredObject, { isMetadataOnly }: ApiRequest): string {
  if (!isMetadataOnly) return object.toJson();
  const { metadata } = JSON.parse(object.toJson()) as { readonly metadata: unknown };
  return JSON.stringify({ kind: 'PartialObjectMetadata', apiVersion: 'meta.k8s.io/v1', metadata });
}
