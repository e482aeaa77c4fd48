import { wallClockNs } from '../lib/clock.ts';
import { toFrameCount } from '../lib/frame-count.ts';
import type { Log } from '../model/log.ts';
import { StageCounters } from '../lib/stage-counters.ts';
import type { FlowRecord } from '../model/flow-record.ts';
import type { OtlpCounters } from '../model/otlp-counters.ts';
import type { Deadline, RecordStage, StageAccount } from '../model/stage.ts';
import type { BatchEncoder } from './batch-encoder.ts';
import { BatchQueue, type BatchQueueOptions } from './batch-queue.ts';
import type { OtlpClient, SendOutcome } from './otlp-client.ts';
import { OutcomeLog } from './outcome-log.ts';
import { RequestDispatcher, type Batch, type DispatcherOptions } from './request-dispatcher.ts';

export interface OtlpSenderOptions extends BatchQueueOptions, DispatcherOptions {
  /** Records held at most: in the open batch, waiting, and on their way. */
  readonly queueRecords: number;
}

/**
 * Takes flow records, encodes them as they come and sends them in batches as OTLP logs.
 *
 * The queue is bounded by records. While it is full new records are dropped unencoded (`queue_full`): what was accepted
 * is sent, in order, and overload costs no encoding. A batch that may be sent again is; one that was refused for good
 * (`rejected`) and the records that a partial success names (`partial_success`) are dropped.
 */
export class OtlpSender<Payload> implements RecordStage {
  readonly name = 'otlp';
  readonly #queueRecords: number;
  readonly #queue: BatchQueue<Payload>;
  readonly #dispatcher: RequestDispatcher<Payload>;
  readonly #account = new StageCounters();
  readonly #log: OutcomeLog;
  #stopped: Promise<void> | undefined;
  #onProgress: (() => void) | undefined;
  #sentBytes = 0;
  #lastSuccessMs: number | undefined;

  constructor(encoder: BatchEncoder<Payload>, client: OtlpClient<Payload>, options: OtlpSenderOptions, log: Log) {
    this.#queueRecords = options.queueRecords;
    this.#log = new OutcomeLog(log);
    this.#queue = new BatchQueue(encoder, options, () => this.#dispatcher.wake());
    const source = {
      next: () => this.#queue.next(),
      settled: (batch: Batch<Payload>, outcome: SendOutcome) => this.#settle(batch, outcome),
    };
    this.#dispatcher = new RequestDispatcher(source, client, options);
  }

  /** Begins to send; records accepted before are kept. An aborted signal ends all requests and waits at once. */
  async start(signal: AbortSignal): Promise<void> {
    signal.addEventListener('abort', () => this.#end(), { once: true });
    if (signal.aborted) this.#end();
    else this.#dispatcher.start();
  }

  accept(batch: readonly FlowRecord[]): void {
    const observedNs = wallClockNs();
    const isStopped = this.#stopped !== undefined || this.#dispatcher.state === 'ended';
    let refused = 0;
    for (const record of batch) {
      const frames = toFrameCount(record);
      this.#account.receive(1, frames);
      if (isStopped) this.#account.drop('stopped', 1, frames);
      else if (this.#account.held.records > this.#queueRecords) {
        this.#account.drop('queue_full', 1, frames);
        refused++;
      } else if (!this.#queue.add(record, observedNs)) this.#account.drop('encode_failed', 1, frames);
    }
    if (refused > 0) this.#log.queueFull(refused);
    this.#dispatcher.wake();
  }

  /** Sends what is held within the deadline; what is left then is dropped (`deadline`). Later records are `stopped`. */
  stop(deadline: Deadline): Promise<void> {
    return (this.#stopped ??= this.#drain(deadline));
  }

  account(): StageAccount {
    return this.#account;
  }

  counters(): OtlpCounters {
    return {
      requestsByOutcome: { ...this.#dispatcher.requestsByOutcome },
      retries: this.#dispatcher.retries,
      queueRecords: this.#account.held.records,
      sentBytes: this.#sentBytes,
      sentRecords: this.#account.forwarded.records,
      lastSuccessMs: this.#lastSuccessMs,
    };
  }

  #settle({ records, frames }: Batch<Payload>, outcome: SendOutcome): void {
    this.#log.outcome(outcome, records);
    if (outcome.kind === 'rejected') this.#account.drop('rejected', records, frames);
    if (outcome.kind === 'sent') {
      const refused = Math.min(outcome.rejectedRecords, records);
      // Which records were refused is not told, so neither is the number of their frames: a proportional share.
      const refusedFrames = Math.round((frames * refused) / records);
      if (refused > 0) this.#account.drop('partial_success', refused, refusedFrames);
      this.#account.forward(records - refused, frames - refusedFrames);
      this.#sentBytes += outcome.byteCount;
      this.#lastSuccessMs = Date.now();
    }
    this.#onProgress?.();
  }

  async #drain(deadline: Deadline): Promise<void> {
    this.#queue.flush();
    this.#dispatcher.hurry();
    while (this.#account.held.records > 0 && this.#dispatcher.state === 'running') {
      this.#dispatcher.wake();
      const leftMs = deadline.remainingMs();
      // A receiver that asked for a longer wait than is left will take nothing more.
      if (leftMs <= this.#dispatcher.waitMs) break;
      await this.#progress(leftMs);
    }
    this.#end();
    const { records, frames } = this.#account.held;
    if (records > 0) this.#account.drop('deadline', records, frames);
  }

  /** Resolves when a request was answered or failed, or after so many milliseconds. */
  #progress(timeoutMs: number): Promise<void> {
    return new Promise((resolve) => {
      const timer = setTimeout(resolve, timeoutMs);
      this.#onProgress = () => {
        clearTimeout(timer);
        resolve();
      };
    });
  }

  #end(): void {
    this.#queue.flush();
    this.#dispatcher.end();
    this.#onProgress?.();
  }
}
