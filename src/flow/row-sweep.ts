import { setImmediate } from 'node:timers/promises';
import type { FlowRow } from './flow-row.ts';
import type { FlowRows } from './flow-rows.ts';
import type { RecordSlice } from './record-slice.ts';

/** Rows looked at before the event loop gets its turn, when few of them have anything to report. */
const SLICE_ROWS = 16_384;

/** Walks over all rows, one walk at a time, in slices between which the event loop gets its turn. */
export class RowSweep {
  readonly #rows: FlowRows;
  readonly #slice: RecordSlice;
  #running: Promise<void> | undefined;

  constructor(rows: FlowRows, slice: RecordSlice) {
    this.#rows = rows;
    this.#slice = slice;
  }

  get isRunning(): boolean {
    return this.#running !== undefined;
  }

  /** Visits every used row once those before are done; the first slice at once when nothing runs. */
  async run(visit: (row: FlowRow) => void): Promise<void> {
    while (this.#running !== undefined) await this.#running;
    this.#running = this.#walk(visit);
    try {
      await this.#running;
    } finally {
      this.#running = undefined;
    }
  }

  async #walk(visit: (row: FlowRow) => void): Promise<void> {
    let index = 0;
    while (index < this.#rows.limit) {
      const sliceEnd = Math.min(index + SLICE_ROWS, this.#rows.limit);
      for (; index < sliceEnd && !this.#slice.isFull; index++) {
        const row = this.#rows.at(index);
        if (row !== undefined) visit(row);
      }
      this.#slice.flush();
      if (index < this.#rows.limit) await setImmediate();
    }
  }
}
