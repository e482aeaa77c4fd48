import { FailedFlows } from '../lib/failed-flows.ts';
import { toFrameCount } from '../lib/frame-count.ts';
import { StageCounters } from '../lib/stage-counters.ts';
import type { DropReason } from '../model/drop-reason.ts';
import type { FlowRecord } from '../model/flow-record.ts';
import type { RecordStage, StageAccount } from '../model/stage.ts';
import { addRecord, createPairTotals, type PairTotals } from './pair-totals.ts';

/** Failures of one kind. */
export interface DropTotals {
  readonly verdict: 'dropped' | 'rejected';
  readonly reason: DropReason | 'unknown';
  /** Flows that failed so, each once. */
  flows: number;
  packets: number;
  bytes: number;
}

/** Everything counted, pairs in the order of their first sight. */
export interface CollectedFlows {
  readonly pairs: readonly PairTotals[];
  /** What went between pairs that found no room. */
  readonly beyond: PairTotals;
  readonly drops: readonly DropTotals[];
}

/** Pairs of addresses kept apart. */
const PAIR_LIMIT = 10_000;
const FAILED_FLOW_LIMIT = 16_384;

/** Sums records up for the summary that `--json` prints at the end. */
export class SummaryCollector implements RecordStage {
  readonly name = 'summary';
  readonly #account = new StageCounters();
  readonly #bySource = new Map<string, Map<string, PairTotals>>();
  readonly #beyond = createPairTotals('other', 'other');
  readonly #drops = new Map<string, DropTotals>();
  readonly #failed = new FailedFlows(FAILED_FLOW_LIMIT);
  #pairCount = 0;

  start(): Promise<void> {
    return Promise.resolve();
  }

  stop(): Promise<void> {
    return Promise.resolve();
  }

  accept(batch: readonly FlowRecord[]): void {
    let frames = 0;
    for (const record of batch) {
      frames += toFrameCount(record);
      addRecord(this.#resolvePair(record.sourceAddress, record.destinationAddress), record);
      this.#countFailure(record);
    }
    this.#account.receive(batch.length, frames);
    this.#account.forward(batch.length, frames);
  }

  account(): StageAccount {
    return this.#account;
  }

  collected(): CollectedFlows {
    const pairs = [...this.#bySource.values()].flatMap((destinations) => [...destinations.values()]);
    return { pairs, beyond: this.#beyond, drops: [...this.#drops.values()] };
  }

  #resolvePair(source: string, destination: string): PairTotals {
    const known = this.#bySource.get(source);
    const pair = known?.get(destination);
    if (pair !== undefined) return pair;
    if (this.#pairCount >= PAIR_LIMIT) return this.#beyond;
    this.#pairCount++;
    const made = createPairTotals(source, destination);
    if (known === undefined) this.#bySource.set(source, new Map([[destination, made]]));
    else known.set(destination, made);
    return made;
  }

  #countFailure(record: FlowRecord): void {
    const isNew = this.#failed.isNew(record);
    if (record.verdict !== 'dropped' && record.verdict !== 'rejected') return;
    const { verdict, dropReason: reason = 'unknown' } = record;
    const key = `${verdict} ${reason}`;
    let drop = this.#drops.get(key);
    if (drop === undefined) this.#drops.set(key, (drop = { verdict, reason, flows: 0, packets: 0, bytes: 0 }));
    if (isNew) drop.flows++;
    drop.packets += record.dropPackets ?? 0;
    drop.bytes += record.dropBytes ?? 0;
  }
}
