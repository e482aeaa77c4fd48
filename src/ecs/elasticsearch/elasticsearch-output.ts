import { setTimeout as wait } from 'node:timers/promises';
import type { BackoffPolicy } from '../../lib/backoff.ts';
import type { Connection } from '../../model/connection.ts';
import type { ConnectionOutput, DeliveryOutcome } from '../../model/connection-output.ts';
import type { ElasticsearchCounters } from '../../model/elasticsearch-counters.ts';
import type { Log } from '../../model/log.ts';
import type { Deadline } from '../../model/stage.ts';
import { BulkLines } from '../document/bulk-lines.ts';
import type { DocumentEncoder } from '../document/document-encoder.ts';
import { BatchDelivery, type DeliveryContext } from './batch-delivery.ts';
import { BulkClient } from './bulk-client.ts';
import { DeliveryLog } from './delivery-log.ts';
import { DocumentTally } from './document-tally.ts';
import { IgnoredFieldCheck } from './ignored-field-check.ts';
import { openElasticsearch, type ElasticsearchAddress } from './open-elasticsearch.ts';
import { RequestGate } from './request-gate.ts';
import { ServerState } from './server-state.ts';
import { StoredUntold } from './stored-untold.ts';

export interface ElasticsearchOutputOptions {
  readonly address: ElasticsearchAddress;
  /** `logs-podflow.flow-NAMESPACE`; the namespace is the encoder's. */
  readonly dataStream: string;
  readonly encoder: Pick<DocumentEncoder, 'encode'>;
  /** Time in which a batch must be stored, repetitions included, default 8 s: less than its sender waits. */
  readonly timeoutMs?: number;
  /** Largest bulk body before compression, default 5 MiB. */
  readonly maxBodyBytes?: number;
  /** Requests side by side, default 4. */
  readonly maxInFlight?: number;
  /** Encoded documents that may wait for an answer, default 64 MiB; batches beyond it are sent back. */
  readonly maxPendingBytes?: number;
  /** Of bulk bodies, default none: gzip of level 1 costs several times what sending does. */
  readonly compression?: 'gzip' | 'none';
  readonly backoff?: BackoffPolicy;
  /** How often documents with ignored fields are looked for, default a minute; 0: never. */
  readonly ignoredFieldCheckMs?: number;
  readonly log: Log;
}

export const DEFAULT_BULK_BACKOFF: BackoffPolicy = { baseMs: 100, maxMs: 5_000, maxRetryAfterMs: 60_000 };

const DEFAULT_TIMEOUT_MS = 8_000;
const DEFAULT_BODY_BYTES = 5 * 1024 * 1024;
const DEFAULT_PENDING_BYTES = 64 * 1024 * 1024;
const MOST_UNTOLD = 100_000;
/** Buffers that are kept for the next batches, and how large they may be. */
const MOST_IDLE_LINES = 4;
const MOST_IDLE_BYTES = 8 * 1024 * 1024;
const FULL_RETRY_MS = 1_000;
const DEFAULT_CHECK_MS = 60_000;

/**
 * Writes connections as documents of an Elasticsearch data stream. `create` with ids that follow from the connection, so
 * that whatever is sent twice is stored once, and everything may be repeated.
 */
export class ElasticsearchOutput implements ConnectionOutput {
  readonly name = 'elasticsearch';
  readonly #options: ElasticsearchOutputOptions;
  readonly #tally = new DocumentTally();
  readonly #untold = new StoredUntold(MOST_UNTOLD);
  readonly #ending = new AbortController();
  readonly #gate: RequestGate;
  readonly #server: ServerState;
  readonly #idle: BulkLines[] = [];
  readonly #running = new Set<Promise<unknown>>();
  #context: DeliveryContext | undefined;
  #ignored: IgnoredFieldCheck | undefined;
  #pendingBytes = 0;
  #postponedBatches = 0;
  #isStopped = false;

  constructor(options: ElasticsearchOutputOptions) {
    this.#options = options;
    this.#gate = new RequestGate(options.maxInFlight ?? 4);
    this.#server = new ServerState(options.backoff ?? DEFAULT_BULK_BACKOFF);
  }

  /** Reads credentials and certificates. Throws CREDENTIALS_UNREADABLE; the server is not asked. */
  async start(signal: AbortSignal): Promise<void> {
    const { address, dataStream, compression, log, backoff, maxBodyBytes } = this.#options;
    const { ignoredFieldCheckMs = DEFAULT_CHECK_MS } = this.#options;
    const access = await openElasticsearch(address);
    this.#context = {
      bulk: new BulkClient(access, dataStream, compression ?? 'none'),
      gate: this.#gate,
      server: this.#server,
      tally: this.#tally,
      untold: this.#untold,
      log: new DeliveryLog(log),
      backoff: backoff ?? DEFAULT_BULK_BACKOFF,
      maxBodyBytes: maxBodyBytes ?? DEFAULT_BODY_BYTES,
      signal: this.#ending.signal,
    };
    this.#ignored = new IgnoredFieldCheck(access, dataStream, log);
    if (ignoredFieldCheckMs > 0) this.#ignored.start(ignoredFieldCheckMs);
    signal.addEventListener('abort', () => this.#end(), { once: true });
    if (signal.aborted) this.#end();
  }

  async deliver(batch: readonly Connection[]): Promise<DeliveryOutcome> {
    const context = this.#context;
    if (context === undefined || this.#isStopped) return this.#sendBack('the Elasticsearch output is stopped', 0);
    if (!this.#server.admits)
      return this.#sendBack('Elasticsearch has not answered for some time', this.#server.waitMs);
    if (this.#pendingBytes >= (this.#options.maxPendingBytes ?? DEFAULT_PENDING_BYTES))
      return this.#sendBack('too many documents wait for Elasticsearch', FULL_RETRY_MS);
    const lines = this.#idle.pop() ?? new BulkLines();
    this.#options.encoder.encode(batch, lines);
    const { timeoutMs = DEFAULT_TIMEOUT_MS } = this.#options;
    return this.#track(lines, new BatchDelivery(context, lines, timeoutMs).run());
  }

  async stop(deadline: Deadline): Promise<void> {
    this.#isStopped = true;
    const late = wait(deadline.remainingMs(), undefined, { ref: false });
    await Promise.race([Promise.allSettled(this.#running), late]);
    this.#end();
    await Promise.allSettled(this.#running);
    await this.#context?.bulk.close();
  }

  counters(): ElasticsearchCounters {
    const { documents, retriedDocuments, splitBodies, sentBytes } = this.#tally;
    const bulk = this.#context?.bulk;
    return {
      documents: { ...documents },
      ignoredFieldDocuments: this.#ignored?.count ?? 0,
      requestsByStatus: new Map(bulk?.requestsByStatus),
      retriedDocuments,
      splitBodies,
      sentBytes,
      inFlightRequests: bulk?.inFlight ?? 0,
      pendingBytes: this.#pendingBytes,
      postponedBatches: this.#postponedBatches,
      isAway: this.#server.isAway,
    };
  }

  async #track(lines: BulkLines, outcome: Promise<DeliveryOutcome>): Promise<DeliveryOutcome> {
    const { byteCount } = lines;
    this.#pendingBytes += byteCount;
    this.#running.add(outcome);
    const result = await outcome;
    this.#running.delete(outcome);
    this.#pendingBytes -= byteCount;
    lines.clear(MOST_IDLE_BYTES);
    if (this.#idle.length < MOST_IDLE_LINES) this.#idle.push(lines);
    if (result.kind === 'later') this.#postponedBatches++;
    return result;
  }

  #sendBack(message: string, retryAfterMs: number): DeliveryOutcome {
    this.#postponedBatches++;
    return { kind: 'later', status: 503, retryAfterMs, message };
  }

  #end(): void {
    this.#isStopped = true;
    this.#ending.abort();
    this.#ignored?.stop();
    this.#gate.clear();
    this.#context?.bulk.abort();
  }
}
