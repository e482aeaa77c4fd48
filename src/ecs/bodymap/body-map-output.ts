import { setTimeout as wait } from 'node:timers/promises';
import { resolveBackoffMs, type BackoffPolicy } from '../../lib/backoff.ts';
import { createDeadline } from '../../lib/deadline.ts';
import type { BodyMapCounters } from '../../model/body-map-counters.ts';
import type { Connection } from '../../model/connection.ts';
import type { ConnectionOutput, DeliveryOutcome } from '../../model/connection-output.ts';
import type { Log } from '../../model/log.ts';
import type { Deadline } from '../../model/stage.ts';
import { BulkLines } from '../document/bulk-lines.ts';
import type { DocumentEncoder } from '../document/document-encoder.ts';
import { RequestGate } from '../elasticsearch/request-gate.ts';
import { BodyMapEncoder, type BodyMapEncoderOptions } from './body-map-encoder.ts';

/** What the receiver said to one request; `refused`: never again. */
export type BodyMapAnswer =
  | { readonly kind: 'taken'; readonly rejectedRecords: number; readonly message: string }
  | {
      readonly kind: 'later';
      readonly status: 429 | 503;
      readonly retryAfterMs: number | undefined;
      readonly message: string;
    }
  | { readonly kind: 'refused'; readonly message: string };

/** Sends one `ExportLogsServiceRequest` in protobuf, reading the bytes before it returns its promise. Never rejects. */
export type BodyMapSender = (body: Uint8Array, recordCount: number) => Promise<BodyMapAnswer>;

export interface BodyMapOutputOptions extends BodyMapEncoderOptions {
  readonly encoder: Pick<DocumentEncoder, 'encode'>;
  readonly send: BodyMapSender;
  /** Time in which a batch must be taken, repetitions included, default 8 s: less than its sender waits. */
  readonly timeoutMs?: number;
  /** Documents of one request have about so many bytes at most, default 4 MiB; a Collector takes 20. */
  readonly maxBodyBytes?: number;
  /** Requests side by side, default 4. */
  readonly maxInFlight?: number;
  readonly backoff?: BackoffPolicy;
  readonly log: Log;
}

type Later = Extract<BodyMapAnswer, { kind: 'later' }>;

const DEFAULT_TIMEOUT_MS = 8_000;
const DEFAULT_BODY_BYTES = 4 * 1024 * 1024;
const DEFAULT_BACKOFF: BackoffPolicy = { baseMs: 250, maxMs: 2_000, maxRetryAfterMs: 60_000 };
const LOG_EVERY_MS = 60_000;

/**
 * Hands connections to a Collector as log records whose body is the document, for its Elasticsearch exporter. Whether a
 * document was stored already is not known here: the exporter is told to take no notice of that.
 */
export class BodyMapOutput implements ConnectionOutput {
  readonly name = 'bodymap';
  readonly #options: BodyMapOutputOptions;
  readonly #requests: BodyMapEncoder;
  readonly #lines = new BulkLines();
  readonly #gate: RequestGate;
  readonly #ending = new AbortController();
  readonly #running = new Set<Promise<unknown>>();
  readonly #counts = { sentRecords: 0, rejectedRecords: 0, sentBytes: 0, postponedBatches: 0, repeatedRequests: 0 };
  readonly #requestsByOutcome = { taken: 0, later: 0, refused: 0 };
  #inFlight = 0;
  #loggedMs = -Infinity;

  constructor(options: BodyMapOutputOptions) {
    this.#options = options;
    this.#requests = new BodyMapEncoder(options);
    this.#gate = new RequestGate(options.maxInFlight ?? 4);
  }

  start(signal: AbortSignal): Promise<void> {
    signal.addEventListener('abort', () => this.#end(), { once: true });
    if (signal.aborted) this.#end();
    return Promise.resolve();
  }

  async deliver(batch: readonly Connection[]): Promise<DeliveryOutcome> {
    if (this.#ending.signal.aborted) return this.#sendBack(STOPPED);
    const deadline = createDeadline(this.#options.timeoutMs ?? DEFAULT_TIMEOUT_MS);
    const sending = Promise.all(this.#encode(batch).map(async ({ body, count }) => this.#send(body, count, deadline)));
    this.#running.add(sending);
    const later = (await sending).find((answer) => answer !== undefined);
    this.#running.delete(sending);
    return later === undefined ? { kind: 'taken', alreadyStored: undefined } : this.#sendBack(later);
  }

  async stop(deadline: Deadline): Promise<void> {
    const late = wait(deadline.remainingMs(), undefined, { ref: false });
    await Promise.race([Promise.allSettled(this.#running), late]);
    this.#end();
  }

  counters(): BodyMapCounters {
    return { ...this.#counts, requestsByOutcome: { ...this.#requestsByOutcome }, inFlightRequests: this.#inFlight };
  }

  /** The batch as requests of bounded size, each with its own bytes. */
  #encode(batch: readonly Connection[]): { body: Uint8Array; count: number }[] {
    const { encoder, maxBodyBytes = DEFAULT_BODY_BYTES } = this.#options;
    const lines = this.#lines;
    lines.clear(maxBodyBytes);
    encoder.encode(batch, lines);
    const requests = [];
    for (let from = 0; from < batch.length;) {
      let to = from + 1;
      while (to < batch.length && lines.end(to) - lines.start(from) <= maxBodyBytes) to++;
      requests.push({ body: this.#requests.encode(batch, lines, from, to).slice(), count: to - from });
      from = to;
    }
    return requests;
  }

  /** Sends until the request is taken, refused, or its time is over; then gives what the last answer was. */
  async #send(body: Uint8Array, count: number, deadline: Deadline): Promise<Later | undefined> {
    let last: Later = BUSY;
    for (let failures = 0; ; failures++) {
      if (!(await this.#gate.enter(deadline.remainingMs()))) return last;
      const answer = await this.#request(body, count);
      if (answer.kind !== 'later') return this.#settle(answer, body, count);
      last = answer;
      const { backoff = DEFAULT_BACKOFF } = this.#options;
      const waitMs = resolveBackoffMs(backoff, failures + 1, answer.retryAfterMs, Math.random());
      if (waitMs >= deadline.remainingMs() || this.#ending.signal.aborted) return last;
      await wait(waitMs, undefined, { signal: this.#ending.signal }).catch(() => undefined);
      this.#counts.repeatedRequests++;
    }
  }

  async #request(body: Uint8Array, count: number): Promise<BodyMapAnswer> {
    this.#inFlight++;
    const answer = await this.#options.send(body, count);
    this.#inFlight--;
    this.#gate.leave();
    this.#requestsByOutcome[answer.kind]++;
    return answer;
  }

  #settle(answer: Exclude<BodyMapAnswer, Later>, body: Uint8Array, count: number): undefined {
    const rejected = answer.kind === 'refused' ? count : Math.min(answer.rejectedRecords, count);
    this.#counts.sentRecords += count - rejected;
    this.#counts.rejectedRecords += rejected;
    if (answer.kind === 'taken') this.#counts.sentBytes += body.length;
    if (rejected === 0 || performance.now() - this.#loggedMs < LOG_EVERY_MS) return;
    this.#loggedMs = performance.now();
    const { message } = answer;
    this.#options.log.warn({ records: rejected, message }, 'the receiver of documents refused some for good');
  }

  #sendBack({ status, retryAfterMs, message }: Later): DeliveryOutcome {
    this.#counts.postponedBatches++;
    return { kind: 'later', status, retryAfterMs, message };
  }

  #end(): void {
    this.#ending.abort();
    this.#gate.clear();
  }
}

const STOPPED: Later = { kind: 'later', status: 503, retryAfterMs: 0, message: 'the output of documents is stopped' };
const BUSY: Later = {
  kind: 'later',
  status: 503,
  retryAfterMs: 1_000,
  message: 'too many requests wait for the receiver of documents',
};
