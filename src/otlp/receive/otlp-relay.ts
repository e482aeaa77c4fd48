import type { Log } from '../../model/log.ts';
import type { OtlpOutcome } from '../../model/otlp-counters.ts';
import type { OtlpRelayCounters } from '../../model/otlp-receive-counters.ts';
import type { OtlpClient, SendOutcome } from '../otlp-client.ts';
import { OutcomeLog } from '../outcome-log.ts';
import { compress } from './compress.ts';
import type { LogsRequest, OtlpEncoding } from './logs-request.ts';
import type { RelayAnswer } from './relay-answer.ts';
import { Turnstile } from './turnstile.ts';

export interface OtlpRelayOptions {
  /** By encoding: a request goes on in the one in which it came. */
  readonly clients: Readonly<Record<OtlpEncoding, OtlpClient<Uint8Array>>>;
  readonly compression: 'gzip' | 'none';
  /** Requests under way side by side, default 4. */
  readonly maxInFlight?: number;
  /** Requests that may wait for their turn, default 64; their memory is bounded by the receiver. */
  readonly maxWaiting?: number;
  readonly log: Log;
}

const FULL: RelayAnswer = {
  kind: 'later',
  status: 503,
  retryAfterMs: 1_000,
  message: 'too many requests wait for the next receiver',
};

/**
 * Hands requests on to the next OTLP receiver and tells what that said, in the words of a receiver. Nothing is kept and
 * nothing is sent twice from here: what failed for now is sent again by whoever sent it.
 */
export class OtlpRelay {
  readonly #options: OtlpRelayOptions;
  readonly #turnstile: Turnstile;
  readonly #log: OutcomeLog;
  readonly #requestsByOutcome: Record<OtlpOutcome, number> = { sent: 0, retry: 0, rejected: 0 };
  #refusedRequests = 0;
  #sentBytes = 0;

  constructor(options: OtlpRelayOptions) {
    const { maxInFlight = 4, maxWaiting = 64, log } = options;
    this.#options = options;
    this.#turnstile = new Turnstile(maxInFlight, maxWaiting);
    this.#log = new OutcomeLog(log);
  }

  /** Sends the request as its flows are now and waits for the answer. Never rejects while the clients do not. */
  async relay(request: LogsRequest): Promise<RelayAnswer> {
    if (!(await this.#turnstile.enter(request.signal))) {
      this.#refusedRequests++;
      return FULL;
    }
    try {
      const body = await request.rewrite();
      const payload = this.#options.compression === 'gzip' ? await compress(body) : body;
      const outcome = await this.#options.clients[request.encoding].send(payload);
      this.#count(outcome, request.recordCount);
      return toRelayAnswer(outcome);
    } finally {
      this.#turnstile.leave();
    }
  }

  counters(): OtlpRelayCounters {
    return {
      requestsByOutcome: { ...this.#requestsByOutcome },
      refusedRequests: this.#refusedRequests,
      inFlightRequests: this.#turnstile.inside,
      waitingRequests: this.#turnstile.waiting,
      sentBytes: this.#sentBytes,
    };
  }

  /** Ends running requests at once, which are then answered 503, as are those that wait or come later. */
  shutdown(): void {
    this.#turnstile.close();
    for (const client of Object.values(this.#options.clients)) client.shutdown();
  }

  #count(outcome: SendOutcome, records: number): void {
    this.#requestsByOutcome[outcome.kind]++;
    if (outcome.kind === 'sent') this.#sentBytes += outcome.byteCount;
    this.#log.outcome(outcome, records);
  }
}

/**
 * What the sender is told after an outcome here. Trouble that may pass is 503, or 429 where the next receiver says so:
 * a Collector and a probe send that again, and drop at once what is answered 400 or 500. A refusal by a 4xx is about the
 * request and becomes 400. Of other statuses, 500 foremost, OTLP 1.x says that they must not be sent again; they become
 * 500, since they are not the sender's fault.
 */
export function toRelayAnswer(outcome: SendOutcome): RelayAnswer {
  if (outcome.kind === 'sent')
    return { kind: 'taken', rejectedRecords: outcome.rejectedRecords, message: outcome.message };
  const { status } = outcome;
  if (outcome.kind === 'retry') {
    const { retryAfterMs, reason } = outcome;
    return { kind: 'later', status: status === 429 ? 429 : 503, retryAfterMs, message: reason };
  }
  // No answer at all: what is wrong is on this side, and the records are not.
  if (status === undefined) return { kind: 'later', status: 503, retryAfterMs: undefined, message: outcome.message };
  return { kind: 'refused', status: status >= 400 && status <= 499 ? 400 : 500, message: outcome.message };
}
