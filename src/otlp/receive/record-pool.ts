import { createFlowRecord } from '../../lib/create-flow-record.ts';
import type { FlowRecord } from '../../model/flow-record.ts';

/** Memory of a record with its texts, as requests are charged for it. */
export const RECORD_BYTES = 1024;

/** Used records for the next request; some stay for ever, what a burst needed beyond goes to the garbage. */
export class RecordPool {
  readonly #most: number;
  readonly #free: FlowRecord[] = [];

  constructor(most: number) {
    this.#most = most;
  }

  take(): FlowRecord {
    return this.#free.pop() ?? createFlowRecord();
  }

  give(records: readonly FlowRecord[]): void {
    for (const record of records) {
      if (this.#free.length >= this.#most) return;
      this.#free.push(record);
    }
  }
}
