import type { OtlpOutcome } from '../model/otlp-counters.ts';
import { resolveBackoffMs, type BackoffPolicy } from '../lib/backoff.ts';
import type { OtlpClient, SendOutcome } from './otlp-client.ts';

/** A finished batch on its way. */
export interface Batch<Payload> {
  readonly payload: Payload;
  readonly records: number;
  readonly frames: number;
  attempts: number;
}

/** Where the dispatcher takes batches from, and whom it tells. Calls do not throw. */
export interface BatchSource<Payload> {
  /** The next batch to be sent; undefined when there is none now (`wake` says when there is). */
  next(): Batch<Payload> | undefined;
  /** A request was answered or failed; after `retry` the batch is sent again, after the others it is done with. */
  settled(batch: Batch<Payload>, outcome: SendOutcome): void;
}

export interface DispatcherOptions {
  /** Requests side by side. */
  readonly maxInFlight: number;
  readonly backoff: BackoffPolicy;
}

/**
 * Sends batches one after the other (or `maxInFlight` side by side) and repeats what failed for now, first and in order,
 * after a wait. After a failure one request at a time is made until one succeeds: a receiver that recovers meets one
 * request, not all that waited.
 */
export class RequestDispatcher<Payload> {
  readonly requestsByOutcome: Record<OtlpOutcome, number> = { sent: 0, retry: 0, rejected: 0 };
  retries = 0;
  readonly #source: BatchSource<Payload>;
  readonly #client: OtlpClient<Payload>;
  #policy: BackoffPolicy;
  readonly #maxInFlight: number;
  readonly #again: Batch<Payload>[] = [];
  #inFlight = 0;
  #failures = 0;
  #resumeAtMs = 0;
  #askedToWait = false;
  #timer: NodeJS.Timeout | undefined;
  #state: 'new' | 'running' | 'ended' = 'new';

  constructor(source: BatchSource<Payload>, client: OtlpClient<Payload>, options: DispatcherOptions) {
    this.#source = source;
    this.#client = client;
    this.#policy = options.backoff;
    this.#maxInFlight = options.maxInFlight;
  }

  start(): void {
    if (this.#state === 'new') this.#state = 'running';
    this.wake();
  }

  /** Sends what can be sent now. To be called when the source has a batch. */
  wake(): void {
    while (this.#state === 'running' && this.#timer === undefined && this.#inFlight < this.#limit()) {
      const batch = this.#again.shift() ?? this.#source.next();
      if (batch === undefined) return;
      void this.#send(batch);
    }
  }

  /** The end is near: waits that the receiver did not ask for are short from now on, and a running one ends. */
  hurry(): void {
    this.#policy = { ...this.#policy, maxMs: this.#policy.baseMs };
    if (this.#timer !== undefined && !this.#askedToWait) this.#resume();
  }

  /** `new` until started, `ended` for good after `end`. */
  get state(): 'new' | 'running' | 'ended' {
    return this.#state;
  }

  /** Milliseconds until the next attempt, 0 when there is no wait. */
  get waitMs(): number {
    return this.#timer === undefined ? 0 : Math.max(0, this.#resumeAtMs - performance.now());
  }

  /** Ends everything at once: nothing is settled after this. */
  end(): void {
    this.#state = 'ended';
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#client.shutdown();
  }

  #limit(): number {
    return this.#failures > 0 ? 1 : this.#maxInFlight;
  }

  async #send(batch: Batch<Payload>): Promise<void> {
    this.#inFlight++;
    if (batch.attempts++ > 0) this.retries++;
    const outcome = await this.#client.send(batch.payload);
    this.#inFlight--;
    if (this.#state === 'ended') return;
    this.requestsByOutcome[outcome.kind]++;
    if (outcome.kind === 'retry') {
      this.#again.push(batch);
      this.#wait(outcome.retryAfterMs);
    } else this.#failures = 0;
    this.#source.settled(batch, outcome);
    this.wake();
  }

  #wait(retryAfterMs: number | undefined): void {
    this.#failures++;
    const waitMs = resolveBackoffMs(this.#policy, this.#failures, retryAfterMs, Math.random());
    const resumeAtMs = performance.now() + waitMs;
    if (this.#timer !== undefined && resumeAtMs <= this.#resumeAtMs) return;
    clearTimeout(this.#timer);
    this.#resumeAtMs = resumeAtMs;
    this.#askedToWait = (retryAfterMs ?? 0) > 0;
    this.#timer = setTimeout(() => this.#resume(), waitMs);
  }

  #resume(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.wake();
  }
}
