import { setTimeout as delay } from 'node:timers/promises';
import { StageCounters } from '../lib/stage-counters.ts';
import type { FlowRecord } from '../model/flow-record.ts';
import type { Log } from '../model/log.ts';
import type { Deadline, LossReason, Stage, StageAccount } from '../model/stage.ts';
import type { RecordFormat } from './record-format.ts';
import type { TextSink } from './text-sink.ts';

export interface RecordWriterOptions<Item = FlowRecord> {
  readonly format: RecordFormat<Item>;
  /** Frames that an item reports. */
  readonly framesOf: (item: Item) => number;
  readonly sink: TextSink;
  readonly log: Log;
  /** Text that may wait for a slow reader, default 8 MiB; what comes beyond is dropped. */
  readonly queueByteLimit?: number;
}

/** Text of some records that waits to be written. */
interface Chunk {
  readonly bytes: Buffer;
  readonly records: number;
  readonly frames: number;
}

/** Records made to text at once: bounds by how much the queue may go over its limit. */
const CHUNK_RECORDS = 256;

/** Writes records, or connections, as text to stdout or a file, as fast as the reader takes them. */
export class RecordWriter<Item = FlowRecord> implements Stage<readonly Item[]> {
  readonly name = 'output';
  readonly #format: RecordFormat<Item>;
  readonly #framesOf: (item: Item) => number;
  readonly #sink: TextSink;
  readonly #log: Log;
  readonly #queueByteLimit: number;
  readonly #account = new StageCounters();
  readonly #queue: Chunk[] = [];
  #queuedBytes = 0;
  #isOpen = false;
  #isFailing = false;
  #writing: Promise<void> | undefined;
  #stopped: Promise<void> | undefined;

  constructor({ format, framesOf, sink, log, queueByteLimit = 8 * 1024 * 1024 }: RecordWriterOptions<Item>) {
    this.#format = format;
    this.#framesOf = framesOf;
    this.#sink = sink;
    this.#log = log;
    this.#queueByteLimit = queueByteLimit;
  }

  /** @throws PodflowError OUTPUT_FILE_UNWRITABLE */
  async start(): Promise<void> {
    await this.#sink.open();
    this.#isOpen = true;
  }

  accept(batch: readonly Item[]): void {
    for (let at = 0; at < batch.length; at += CHUNK_RECORDS) {
      this.#enqueue(batch.length <= CHUNK_RECORDS ? batch : batch.slice(at, at + CHUNK_RECORDS));
    }
    if (this.#queue.length > 0) this.#writing ??= this.#writeQueue();
  }

  /** Writes what waits until the deadline, then gives the rest up and closes the sink. */
  stop(deadline: Deadline): Promise<void> {
    this.#stopped ??= this.#finish(deadline);
    return this.#stopped;
  }

  account(): StageAccount {
    return this.#account;
  }

  #enqueue(records: readonly Item[]): void {
    const frames = records.reduce((sum, record) => sum + this.#framesOf(record), 0);
    this.#account.receive(records.length, frames);
    const obstacle = this.#findObstacle();
    const bytes = obstacle === undefined ? this.#encode(records) : undefined;
    if (bytes === undefined) return this.#account.drop(obstacle ?? 'encode_failed', records.length, frames);
    this.#queue.push({ bytes, records: records.length, frames });
    this.#queuedBytes += bytes.length;
  }

  #findObstacle(): LossReason | undefined {
    if (!this.#isOpen) return 'stopped';
    if (!this.#sink.isUsable) return 'write_failed';
    return this.#queuedBytes >= this.#queueByteLimit ? 'queue_full' : undefined;
  }

  #encode(records: readonly Item[]): Buffer | undefined {
    try {
      return Buffer.from(this.#format.encode(records));
    } catch (error) {
      this.#log.error({ err: error }, 'Records could not be made to text');
      return undefined;
    }
  }

  async #writeQueue(): Promise<void> {
    for (let chunk = this.#queue[0]; chunk !== undefined; chunk = this.#queue[0]) {
      const error = await this.#sink.write(chunk.bytes);
      // At the deadline the queue was given up, and this chunk with it.
      if (this.#queue[0] !== chunk) return;
      this.#queue.shift();
      this.#queuedBytes -= chunk.bytes.length;
      if (error === undefined) this.#account.forward(chunk.records, chunk.frames);
      else this.#account.drop('write_failed', chunk.records, chunk.frames);
      this.#tell(error);
    }
    this.#writing = undefined;
  }

  /** Says once that writing fails, and once that it goes on. */
  #tell(error: Error | undefined): void {
    const { target } = this.#sink;
    if (error !== undefined && !this.#isFailing) this.#log.error({ err: error, target }, 'Records cannot be written');
    if (error === undefined && this.#isFailing) this.#log.info({ target }, 'Records are written again');
    this.#isFailing = error !== undefined;
  }

  async #finish(deadline: Deadline): Promise<void> {
    this.#isOpen = false;
    await within(deadline, this.#writing);
    for (const { records, frames } of this.#queue.splice(0)) this.#account.drop('deadline', records, frames);
    this.#queuedBytes = 0;
    await within(deadline, this.#sink.close());
  }
}

/** Waits for work, but not beyond the deadline. */
async function within(deadline: Deadline, work: Promise<void> | undefined): Promise<void> {
  const timer = new AbortController();
  const timeout = delay(deadline.remainingMs(), undefined, { signal: timer.signal }).catch(() => undefined);
  await Promise.race([work, timeout]);
  timer.abort();
}
