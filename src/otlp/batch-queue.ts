import { toFrameCount } from '../lib/frame-count.ts';
import type { FlowRecord } from '../model/flow-record.ts';
import type { BatchEncoder } from './batch-encoder.ts';
import type { Batch } from './request-dispatcher.ts';

/** A batch ends here at the latest: the Collector takes request bodies up to 20 MiB by default. */
const MAX_BATCH_BYTES = 4 * 1024 * 1024;

export interface BatchQueueOptions {
  /** Records that end a batch. */
  readonly batchRecords: number;
  /** Age of the open batch at which it may be sent though it is not full. */
  readonly flushMs: number;
}

/**
 * The open batch, which takes records, and the ended ones that wait behind none but each other. A batch ends when it is
 * full, or when it is old *and* somebody asks for it: while the receiver is slow or away batches grow full, and what
 * waits is few and large.
 */
export class BatchQueue<Payload> {
  readonly #encoder: BatchEncoder<Payload>;
  readonly #options: BatchQueueOptions;
  readonly #onDue: () => void;
  readonly #waiting: Batch<Payload>[] = [];
  #openFrames = 0;
  #openIsDue = false;
  #timer: NodeJS.Timeout | undefined;

  /** `onDue` is called when the open batch has become old. */
  constructor(encoder: BatchEncoder<Payload>, options: BatchQueueOptions, onDue: () => void) {
    this.#encoder = encoder;
    this.#options = options;
    this.#onDue = onDue;
  }

  /** False when the record cannot be encoded. */
  add(record: FlowRecord, observedNs: number): boolean {
    if (!this.#encoder.append(record, observedNs)) return false;
    this.#openFrames += toFrameCount(record);
    if (this.#encoder.recordCount >= this.#options.batchRecords || this.#encoder.byteCount >= MAX_BATCH_BYTES)
      this.#waiting.push(this.#closeBatch());
    else if (!this.#openIsDue) this.#timer ??= setTimeout(() => this.#becomeDue(), this.#options.flushMs);
    return true;
  }

  /** The oldest batch that may be sent now. */
  next(): Batch<Payload> | undefined {
    const oldest = this.#waiting.shift();
    if (oldest !== undefined || !this.#openIsDue || this.#encoder.recordCount === 0) return oldest;
    return this.#closeBatch();
  }

  /** The open batch, and any later one, may be sent at once. */
  flush(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#openIsDue = true;
  }

  #becomeDue(): void {
    this.flush();
    this.#onDue();
  }

  #closeBatch(): Batch<Payload> {
    const records = this.#encoder.recordCount;
    const batch = { payload: this.#encoder.finish(), records, frames: this.#openFrames, attempts: 0 };
    this.#openFrames = 0;
    this.#openIsDue = false;
    clearTimeout(this.#timer);
    this.#timer = undefined;
    return batch;
  }
}
