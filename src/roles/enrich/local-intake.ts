import { copyFlowRecord } from '../../lib/copy-flow-record.ts';
import { createFlowRecord } from '../../lib/create-flow-record.ts';
import { toFrameCount } from '../../lib/frame-count.ts';
import { StageCounters } from '../../lib/stage-counters.ts';
import type { CaptureSink } from '../../model/capture.ts';
import type { FlowRecord } from '../../model/flow-record.ts';
import type { Resource } from '../../model/resource.ts';
import type { Deadline, RecordStage, StageAccount } from '../../model/stage.ts';
import type { ConnectionJoin } from '../../stitch/connection-join.ts';

/** Beyond so many, what waits for its other perspective goes out before its interval ends. */
const MOST_HELD_RECORDS = 65_536;
/** While outputs are slow, whether to stop is looked at so often. */
const FLUSH_MS = 1_000;

/** Takes the records of this process's own flow table to the join, by the time of their packets. */
export class LocalIntake implements RecordStage {
  readonly name = 'join';
  /** Milliseconds since the Unix epoch: the end of the last interval. */
  nowMs = 0;
  readonly #join: ConnectionJoin;
  readonly #observer: Resource;
  readonly #signal: AbortSignal;
  readonly #account = new StageCounters();
  /** The flow table uses its records again at once, the join needs them until they are out. */
  readonly #spare: FlowRecord[] = [];
  #state: 'open' | 'stopping' | 'ended' = 'open';

  /** @param signal aborted when nothing is to be waited for any more */
  constructor(join: ConnectionJoin, observer: Resource, signal: AbortSignal) {
    this.#join = join;
    this.#observer = observer;
    this.#signal = signal;
  }

  /** What a backend is given in place of `sink`: at the end of an interval it waits until its connections are out. */
  follow(sink: CaptureSink): CaptureSink {
    return {
      ...sink,
      intervalEnd: async (startNs, endNs, isLast) => {
        this.nowMs = endNs / 1e6;
        await sink.intervalEnd(startNs, endNs, isLast);
        while (this.#account.held.records > 0) {
          await this.#join.flush({ remainingMs: () => FLUSH_MS });
          if (this.#signal.aborted) return;
        }
      },
    };
  }

  start(): Promise<void> {
    return Promise.resolve();
  }

  accept(batch: readonly FlowRecord[]): void {
    let frames = 0;
    for (const record of batch) frames += toFrameCount(record);
    this.#account.receive(batch.length, frames);
    if (this.#state !== 'open') return this.#account.drop('stopped', batch.length, frames);
    void this.#handOver(
      batch.map((record) => this.#copy(record)),
      frames,
    );
    if (this.#account.held.records > MOST_HELD_RECORDS) void this.#join.flush({ remainingMs: () => FLUSH_MS });
  }

  async stop(deadline: Deadline): Promise<void> {
    if (this.#state === 'ended') return;
    this.#state = 'stopping';
    await this.#join.flush(deadline);
    this.#state = 'ended';
    const { records, frames } = this.#account.held;
    if (records > 0) this.#account.drop('deadline', records, frames);
  }

  account(): StageAccount {
    return this.#account;
  }

  async #handOver(records: FlowRecord[], frames: number): Promise<void> {
    const observers = records.map(() => this.#observer);
    const { kind } = await this.#join.join(records, observers);
    if (this.#state === 'ended') return;
    if (kind === 'taken') this.#account.forward(records.length, frames);
    else this.#account.drop('rejected', records.length, frames);
    this.#spare.push(...records);
  }

  #copy(record: FlowRecord): FlowRecord {
    const copy = this.#spare.pop() ?? createFlowRecord();
    copyFlowRecord(copy, record);
    return copy;
  }
}
