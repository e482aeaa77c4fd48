import { promisify } from 'node:util';
import { gzip } from 'node:zlib';
import { errors } from '@elastic/elasticsearch';
import { parseRetryAfter } from '../../lib/retry-after.ts';
import type { BulkAnswer, BulkItem } from './bulk-answer.ts';
import type { ElasticsearchAccess } from './open-elasticsearch.ts';

const compress = promisify(gzip);

/** Answers of 25 bytes a document, and only what is read of them: parsing takes a quarter of that of full ones. */
const QUERY = 'filter_path=errors,items.*.status,items.*.error,items.*.failure_store&require_data_stream=true';
const MOST_REASON_CHARS = 300;
/**
 * To take secrets out of an error the client copies the request's body entry by entry, which stops everything for a
 * second for 5 MB. Its errors do not leave this file, and only their message is read.
 */
const NO_REDACTION = { type: 'off' } as const;
/** The client's own timeout ends with the answer's head; this much later the rest must be there too. */
const BODY_GRACE_MS = 500;
/** Of errors before anything was sent. */
const UNSENT =
  /ECONNREFUSED|ENOTFOUND|EAI_AGAIN|EHOSTUNREACH|ENETUNREACH|Connect Timeout|certificate|self.signed|wrong version number/i;

interface BulkResponse {
  readonly items?: readonly { readonly create?: BulkItem }[];
}

/**
 * Sends finished bulk bodies through the client's transport as they are: bytes in memory cost a quarter of the same as a
 * string. One attempt each; what became of it is a value.
 */
export class BulkClient {
  /** By HTTP status, 0 where no answer came. */
  readonly requestsByStatus = new Map<number, number>();
  readonly #access: ElasticsearchAccess;
  readonly #path: string;
  readonly #compression: 'gzip' | 'none';
  readonly #running = new Set<AbortController>();

  constructor(access: ElasticsearchAccess, dataStream: string, compression: 'gzip' | 'none') {
    this.#access = access;
    this.#path = `/${encodeURIComponent(dataStream)}/_bulk`;
    this.#compression = compression;
  }

  get inFlight(): number {
    return this.#running.size;
  }

  /** Sends a body of so many documents and waits for the answer for `timeoutMs`. Never rejects. */
  async send(body: Buffer, documentCount: number, timeoutMs: number): Promise<BulkAnswer> {
    const controller = new AbortController();
    this.#running.add(controller);
    const timer = setTimeout(() => controller.abort(), timeoutMs + BODY_GRACE_MS);
    try {
      const payload = this.#compression === 'gzip' ? await compress(body, { level: 1 }) : body;
      const response = await this.#request(payload, timeoutMs, controller.signal);
      return this.#count(200, toAnswer(response, documentCount, payload.length));
    } catch (error) {
      const answer = toFailure(error);
      return this.#count(error instanceof errors.ResponseError ? (error.statusCode ?? 0) : 0, answer);
    } finally {
      clearTimeout(timer);
      this.#running.delete(controller);
    }
  }

  /** Reads the credentials again; true when they have changed. */
  reloadCredentials(): Promise<boolean> {
    return this.#access.credentials.reload();
  }

  /** Ends running requests at once. */
  abort(): void {
    for (const controller of this.#running) controller.abort();
  }

  async close(): Promise<void> {
    await this.#access.client.close();
  }

  #request(bulkBody: Buffer, requestTimeout: number, signal: AbortSignal): Promise<BulkResponse> {
    const { client, credentials, compatibility } = this.#access;
    const headers = {
      'content-type': `application/vnd.elasticsearch+x-ndjson; compatible-with=${compatibility}`,
      ...(credentials.header === undefined ? {} : { authorization: credentials.header }),
      ...(this.#compression === 'gzip' ? { 'content-encoding': 'gzip' } : {}),
    };
    return client.transport.request<BulkResponse>(
      { method: 'POST', path: this.#path, querystring: QUERY, bulkBody },
      { headers, signal, requestTimeout, redaction: NO_REDACTION },
    );
  }

  #count(status: number, answer: BulkAnswer): BulkAnswer {
    this.requestsByStatus.set(status, (this.requestsByStatus.get(status) ?? 0) + 1);
    return answer;
  }
}

function toAnswer({ items }: BulkResponse, documentCount: number, byteCount: number): BulkAnswer {
  const read: BulkItem[] = [];
  for (const { create } of items ?? []) if (create !== undefined) read.push(create);
  if (read.length === documentCount) return { kind: 'answered', items: read, byteCount };
  const reason = `an answer of ${read.length} items to ${documentCount} documents`;
  return { kind: 'away', retryAfterMs: undefined, reason, mayBeStored: true };
}

/** Reads the client's exception. */
function toFailure(error: unknown): BulkAnswer {
  if (error instanceof errors.ResponseError) return toRefusal(error);
  const reason = toReason(error);
  if (error instanceof errors.ProductNotSupportedError || error instanceof errors.ConfigurationError)
    return { kind: 'denied', reason };
  return { kind: 'away', retryAfterMs: undefined, reason, mayBeStored: !UNSENT.test(reason) };
}

function toRefusal(error: errors.ResponseError): BulkAnswer {
  const status = error.statusCode ?? 0;
  const reason = `HTTP ${status}: ${toReason(error)}`;
  const header = error.headers?.['retry-after'];
  const retryAfterMs = parseRetryAfter(typeof header === 'string' ? header : undefined, Date.now());
  if (status === 413) return { kind: 'too_large' };
  if (status === 429) return { kind: 'busy', retryAfterMs, reason };
  if (status >= 500) return { kind: 'away', retryAfterMs, reason, mayBeStored: true };
  const isOurs = status === 400 && !error.message.startsWith('media_type_header_exception');
  return isOurs ? { kind: 'refused', reason } : { kind: 'denied', reason };
}

function toReason(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const line = `${error.name === 'ResponseError' ? '' : `${error.name}: `}${error.message}`.replaceAll(/\s+/g, ' ');
  return line.slice(0, MOST_REASON_CHARS);
}
