import { setImmediate as nextTurn } from 'node:timers/promises';
import type { FlowRecord } from '../../model/flow-record.ts';
import type { DropNamespaces } from './drop-namespaces.ts';
import { isDropOf } from './drop-reason-group.ts';
import { DropRecordFiller } from './drop-record-filler.ts';
import type { DropSum } from './drop-sum.ts';

/** Takes evidence records, read before it returns. */
export type TakeDropRecords = (records: readonly FlowRecord[]) => void;

/** Records handed over between two turns of the event loop. */
const SLICE = 512;

/** Makes evidence records of what the kernel dropped in an interval. */
export class DropTeller {
  /** By the kernel's own names, since the start. */
  readonly packetsByReason = new Map<string, number>();
  readonly #names: ReadonlyMap<number, string>;
  readonly #namespaces: DropNamespaces;
  readonly #filler = new DropRecordFiller();

  constructor(names: ReadonlyMap<number, string>, namespaces: DropNamespaces) {
    this.#names = names;
    this.#namespaces = namespaces;
  }

  get recordCount(): number {
    return this.#filler.count;
  }

  /** Hands the records over in slices; those of a slice are used again for the next. */
  async tell(sums: readonly DropSum[], startNs: number, endNs: number, take: TakeDropRecords): Promise<void> {
    const told = sums.filter((sum) => isDropOf(this.#nameOf(sum), sum));
    for (let start = 0; start < told.length; start += SLICE) {
      if (start > 0) await nextTurn();
      take(told.slice(start, start + SLICE).map((sum, i) => this.#toRecord(i, sum, startNs, endNs)));
    }
  }

  #nameOf({ reason }: DropSum): string {
    return this.#names.get(reason) ?? `REASON_${reason}`;
  }

  #toRecord(index: number, sum: DropSum, startNs: number, endNs: number): FlowRecord {
    const name = this.#nameOf(sum);
    this.packetsByReason.set(name, (this.packetsByReason.get(name) ?? 0) + sum.packets);
    const record = this.#filler.fill(index, sum, name, this.#namespaces.podOf(sum.netns));
    record.intervalStartNs = startNs;
    record.intervalEndNs = endNs;
    return record;
  }
}
