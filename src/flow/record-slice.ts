import type { FlowRecord } from '../model/flow-record.ts';
import { createFlowRecord } from '../lib/create-flow-record.ts';

/** Records handed on at once: few enough that filling and encoding them does not hold up the event loop. */
export const SLICE_RECORDS = 512;

/** A pool of records that is filled, handed on and filled again. */
export class RecordSlice {
  readonly #records: FlowRecord[] = [];
  readonly #emit: (records: readonly FlowRecord[]) => void;
  #count = 0;

  constructor(emit: (records: readonly FlowRecord[]) => void) {
    this.#emit = emit;
  }

  get isFull(): boolean {
    return this.#count === SLICE_RECORDS;
  }

  /** The next record to fill; hands on a full slice before. */
  next(): FlowRecord {
    if (this.isFull) this.flush();
    let record = this.#records[this.#count];
    if (record === undefined) this.#records.push((record = createFlowRecord()));
    this.#count++;
    return record;
  }

  /** Hands on what was filled. */
  flush(): void {
    const count = this.#count;
    if (count === 0) return;
    this.#count = 0;
    this.#emit(count === this.#records.length ? this.#records : this.#records.slice(0, count));
  }
}
