import { promisify } from 'node:util';
import { gzip } from 'node:zlib';
import { errors } from '@elastic/elasticsearch';
import type { BulkAnswer, BulkItem } from './bulk-answer.ts';
import { toBulkFailure } from './bulk-failure.ts';
import type { ElasticsearchAccess } from './open-elasticsearch.ts';

const compress = promisify(gzip);

/** Answers of 25 bytes a document, and only what is read of them: parsing takes a quarter of that of full ones. */
const QUERY = 'filter_path=errors,items.*.status,items.*.error,items.*.failure_store&require_data_stream=true';
/**
 * To take secrets out of an error the client copies the request's body entry by entry, which stops everything for a
 * second for 5 MB. Its errors do not leave this file, and only their message is read.
 */
const NO_REDACTION = { type: 'off' } as const;
/** The client's own timeout ends with the answer's head; this much later the rest must be there too. */
const BODY_GRACE_MS = 500;
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
    const { credentials } = this.#access;
    const { header } = credentials;
    const controller = new AbortController();
    this.#running.add(controller);
    const timer = setTimeout(() => controller.abort(), timeoutMs + BODY_GRACE_MS);
    try {
      const payload = this.#compression === 'gzip' ? await compress(body, { level: 1 }) : body;
      const response = await this.#request(payload, header, timeoutMs, controller.signal);
      return this.#count(200, toAnswer(response, documentCount, payload.length));
    } catch (error) {
      const answer = toBulkFailure(error);
      if (answer.kind === 'denied') await credentials.reload();
      const isRenewed = credentials.header !== header;
      const status = error instanceof errors.ResponseError ? (error.statusCode ?? 0) : 0;
      return this.#count(status, answer.kind === 'denied' ? { ...answer, isRenewed } : answer);
    } finally {
      clearTimeout(timer);
      this.#running.delete(controller);
    }
  }

  /** Ends running requests at once. */
  abort(): void {
    for (const controller of this.#running) controller.abort();
  }

  async close(): Promise<void> {
    await this.#access.client.close();
  }

  #request(
    bulkBody: Buffer,
    authorization: string | undefined,
    requestTimeout: number,
    signal: AbortSignal,
  ): Promise<BulkResponse> {
    const { client, compatibility } = this.#access;
    const headers = {
      'content-type': `application/vnd.elasticsearch+x-ndjson; compatible-with=${compatibility}`,
      ...(authorization === undefined ? {} : { authorization }),
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
