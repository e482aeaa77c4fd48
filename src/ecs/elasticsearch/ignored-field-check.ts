import type { Log } from '../../model/log.ts';
import type { ElasticsearchAccess } from './open-elasticsearch.ts';

/** Documents are looked at this long after the end of their interval, when they should be there and searchable. */
const SETTLED_MS = 120_000;
const DENIED = new Set([401, 403]);

/**
 * Counts the stream's documents of which Elasticsearch ignored a malformed field: it takes them with 201 and says nothing,
 * so only a search tells. Under the template that `podflow setup` installs there are none: what does not fit goes to
 * the failure store. Needs the privilege `read` and gives up without it. It counts the documents of all writers.
 */
export class IgnoredFieldCheck {
  count = 0;
  readonly #access: ElasticsearchAccess;
  readonly #dataStream: string;
  readonly #log: Log;
  #fromMs: number;
  #timer: NodeJS.Timeout | undefined;

  /** Documents before `fromMs` are not looked at. */
  constructor(access: ElasticsearchAccess, dataStream: string, log: Log, fromMs = Date.now()) {
    this.#access = access;
    this.#dataStream = dataStream;
    this.#log = log;
    this.#fromMs = fromMs;
  }

  start(everyMs: number): void {
    this.#timer = setInterval(() => void this.look(Date.now() - SETTLED_MS), everyMs).unref();
  }

  stop(): void {
    clearInterval(this.#timer);
  }

  /** Counts the documents whose time is before `toMs` and was not looked at before. Never rejects. */
  async look(toMs: number): Promise<void> {
    const fromMs = this.#fromMs;
    if (toMs <= fromMs) return;
    this.#fromMs = toMs;
    try {
      const range = { range: { '@timestamp': { gte: fromMs, lt: toMs, format: 'epoch_millis' } } };
      const { client, credentials } = this.#access;
      const { count } = await client.count(
        {
          index: this.#dataStream,
          ignore_unavailable: true,
          query: { bool: { filter: [{ exists: { field: '_ignored' } }, range] } },
        },
        credentials.header === undefined ? {} : { headers: { authorization: credentials.header } },
      );
      this.#note(count);
    } catch (error) {
      this.#fail(error, fromMs);
    }
  }

  #note(count: number): void {
    this.count += count;
    if (count > 0)
      this.#log.warn({ documents: count }, 'Elasticsearch ignored malformed fields of documents: see their _ignored');
  }

  #fail(error: unknown, fromMs: number): void {
    const status = error instanceof Error && 'statusCode' in error ? error.statusCode : undefined;
    if (typeof status === 'number' && DENIED.has(status)) {
      this.stop();
      this.#log.info({}, 'without the privilege "read" ignored fields of documents are not counted');
    } else this.#fromMs = fromMs;
  }
}
