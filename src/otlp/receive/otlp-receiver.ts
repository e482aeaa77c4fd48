import type { IncomingMessage, ServerResponse } from 'node:http';
import { StageCounters } from '../../lib/stage-counters.ts';
import type { Log } from '../../model/log.ts';
import type { OtlpReceiveCounters } from '../../model/otlp-receive-counters.ts';
import type { StageAccount } from '../../model/stage.ts';
import type { DecodeLimits } from './decode-limits.ts';
import { toErrorReply, toReply, type Reply } from './http-reply.ts';
import { inflateBody } from './inflate-body.ts';
import { LogsDecoder } from './logs-decoder.ts';
import type { LogsRequest } from './logs-request.ts';
import { MemoryBudget, type MemoryLease } from './memory-budget.ts';
import { readBody, type BodyFailure, type BodyLimits, type BodyOutcome } from './read-body.ts';
import type { RelayAnswer } from './relay-answer.ts';
import { parseRequestHead, type RequestHead } from './parse-request-head.ts';
import { sendReply } from './send-reply.ts';

export interface OtlpReceiverOptions {
  /** Hands a request's records on. Its answer is the sender's; the request must not be used after that. */
  readonly handle: (request: LogsRequest) => Promise<RelayAnswer>;
  readonly log: Log;
  /** Bytes of a body, as sent and after decompression, default 64 MiB (OTLP 1.x, "OTLP/HTTP Request"). */
  readonly bodyBytes?: number;
  /** Milliseconds in which a body must have come, default 30,000. The server's own limit must be longer. */
  readonly bodyMs?: number;
  /** Memory that all running requests may hold together, default 128 MiB; a request that is alone may take more. */
  readonly memoryBytes?: number;
  readonly limits?: Partial<DecodeLimits>;
}

const MIB = 1024 * 1024;
/** Memory is free again as soon as the next request is done with. */
const STARVED_RETRY_MS = 1_000;
/** A sender that does not stop sending is read for so long after its answer, so that it reads that. */
const LINGER_MS = 1_000;

/**
 * Receives OTLP/HTTP log requests (OTLP 1.x: `POST /v1/logs`, protobuf and JSON). A request is answered when its records
 * were handed on, never before, so that nothing is kept here that could be lost.
 */
export class OtlpReceiver {
  readonly name = 'otlp_receive';
  readonly #options: OtlpReceiverOptions;
  readonly #bodyLimits: BodyLimits;
  readonly #budget: MemoryBudget;
  readonly #decoder: LogsDecoder;
  readonly #account = new StageCounters();
  readonly #requestsByStatus = new Map<number, number>();
  #abortedRequests = 0;
  #receivedBytes = 0;
  #flowRecords = 0;
  #otherRecords = 0;

  constructor(options: OtlpReceiverOptions) {
    const { bodyBytes = 64 * MIB, bodyMs = 30_000, memoryBytes = 128 * MIB } = options;
    this.#options = options;
    this.#bodyLimits = { bodyBytes, bodyMs };
    this.#budget = new MemoryBudget(memoryBytes);
    this.#decoder = new LogsDecoder(options.limits);
  }

  /** Answers one request of `node:http`; never rejects. */
  readonly handler = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const gone = new AbortController();
    response.once('close', () => {
      if (!response.writableFinished) gone.abort();
    });
    const lease = this.#budget.open();
    try {
      const reply = await this.#answer(request, lease, gone.signal);
      if (reply === undefined || gone.signal.aborted) this.#abortedRequests++;
      else await this.#send(request, response, reply);
    } finally {
      lease.end();
    }
  };

  /** The records that came; those of a request that was answered 429 or 503 are dropped as `sent_back`. */
  account(): StageAccount {
    return this.#account;
  }

  counters(): OtlpReceiveCounters {
    return {
      requestsByStatus: new Map(this.#requestsByStatus),
      abortedRequests: this.#abortedRequests,
      receivedBytes: this.#receivedBytes,
      flowRecords: this.#flowRecords,
      otherRecords: this.#otherRecords,
      ignoredAttributes: { ...this.#decoder.ignored },
      runningRequests: this.#budget.leases,
      heldBytes: this.#budget.heldBytes,
    };
  }

  /** Undefined when there is nobody to answer any more. */
  async #answer(request: IncomingMessage, lease: MemoryLease, signal: AbortSignal): Promise<Reply | undefined> {
    const head = parseRequestHead(request);
    if (head.kind === 'refused') return head.reply;
    const { encoding } = head;
    try {
      const outcome = await this.#readPlain(request, head, lease);
      if (outcome.kind === 'aborted') return undefined;
      if (outcome.kind !== 'body') return this.#toFailure(outcome, head);
      // Whoever hands it on makes another one of it.
      if (!lease.grow(outcome.body.length)) return this.#toFailure({ kind: 'starved' }, head);
      const decoded = await this.#decoder.decode(encoding, outcome.body, { lease, signal });
      if (decoded.kind === 'invalid') return toErrorReply(400, decoded.message, encoding);
      if (decoded.kind === 'starved') return this.#toFailure(decoded, head);
      return toReply(await this.#handOn(decoded.request), encoding);
    } catch (error) {
      this.#options.log.error({ err: error }, 'An OTLP request could not be handled');
      return toErrorReply(500, 'internal error', encoding);
    }
  }

  async #readPlain(request: IncomingMessage, { coding }: AcceptedHead, lease: MemoryLease): Promise<BodyOutcome> {
    const outcome = await readBody(request, this.#bodyLimits, lease);
    if (outcome.kind !== 'body') return outcome;
    this.#receivedBytes += outcome.body.length;
    if (coding === 'identity') return outcome;
    return inflateBody(outcome.body, coding, this.#bodyLimits.bodyBytes, lease);
  }

  #toFailure(outcome: BodyFailure, { encoding }: AcceptedHead): Reply {
    const { bodyBytes, bodyMs } = this.#bodyLimits;
    switch (outcome.kind) {
      case 'broken':
        return toErrorReply(400, outcome.message, encoding);
      case 'too_large':
        return toErrorReply(413, `the request has over ${bodyBytes} bytes`, encoding);
      case 'too_slow':
        return toErrorReply(408, `the request did not come within ${bodyMs} ms`, encoding);
      case 'starved':
        return toErrorReply(503, 'too many requests at once', encoding, STARVED_RETRY_MS);
    }
  }

  async #handOn(request: LogsRequest): Promise<RelayAnswer> {
    const { flows, recordCount, frameCount } = request;
    this.#flowRecords += flows.length;
    this.#otherRecords += recordCount - flows.length;
    this.#account.receive(recordCount, frameCount);
    let answer: RelayAnswer = INTERNAL_ERROR;
    try {
      // A request without records is taken by all means (OTLP 1.x, "Full Success").
      answer = recordCount === 0 ? TAKEN : await this.#options.handle(request);
      return answer;
    } finally {
      this.#settle(answer, recordCount, frameCount);
      this.#decoder.release(request);
    }
  }

  #settle(answer: RelayAnswer, records: number, frames: number): void {
    if (answer.kind === 'later') return this.#account.drop('sent_back', records, frames);
    if (answer.kind === 'refused') return this.#account.drop('rejected', records, frames);
    const refused = Math.min(answer.rejectedRecords, records);
    // Which records were refused is not told, so neither is the number of their frames: a proportional share.
    const refusedFrames = records === 0 ? 0 : Math.round((frames * refused) / records);
    if (refused > 0) this.#account.drop('partial_success', refused, refusedFrames);
    this.#account.forward(records - refused, frames - refusedFrames);
  }

  async #send(request: IncomingMessage, response: ServerResponse, reply: Reply): Promise<void> {
    const { status } = reply;
    this.#requestsByStatus.set(status, (this.#requestsByStatus.get(status) ?? 0) + 1);
    await sendReply(request, response, reply, status === 408 ? 0 : LINGER_MS);
  }
}

type AcceptedHead = Extract<RequestHead, { kind: 'accepted' }>;

const TAKEN: RelayAnswer = { kind: 'taken', rejectedRecords: 0, message: '' };
const INTERNAL_ERROR: RelayAnswer = { kind: 'refused', status: 500, message: 'internal error' };
