import { DROP_REASONS, type DropReason } from '../model/drop-reason.ts';
import { CELLS_PER_EDGE } from './edge-cells.ts';

export type FailureReason = DropReason | 'unknown';
const FAILURE_REASONS: readonly FailureReason[] = [...DROP_REASONS, 'unknown'];
const REASON_NUMBER = Object.fromEntries(FAILURE_REASONS.map((reason, number) => [reason, number])) as Readonly<
  Record<FailureReason, number>
>;
const REASONS = FAILURE_REASONS.length;
const FIRST_ROWS = 64;

/** The sums of one interval: a run of cells for each edge that had connections in it. */
export class IntervalCells {
  /** Number of the interval since the Unix epoch. */
  interval: number;
  /** Replaced when it grows. */
  cells = new Float64Array(FIRST_ROWS * CELLS_PER_EDGE);
  /** Row of each edge by its index; 0 where it has none. */
  readonly #rows: Int32Array;
  /** Index of the edge of each row. */
  readonly #edges: number[] = [];
  #rowCount = 1;
  /** Failures are few: by edge and reason, not in the cells. */
  readonly #failures = new Map<number, number>();

  constructor(interval: number, edgeCapacity: number) {
    this.interval = interval;
    this.#rows = new Int32Array(edgeCapacity);
  }

  /** Begins another interval. */
  reset(interval: number): void {
    this.interval = interval;
    this.cells.fill(0, 0, this.#rowCount * CELLS_PER_EDGE);
    this.#rows.fill(0);
    this.#rowCount = 1;
    this.#failures.clear();
  }

  /** Where an edge's cells begin; they are made at first sight. */
  resolve(edgeIndex: number): number {
    const row = this.#rows[edgeIndex]!;
    return (row === 0 ? this.#add(edgeIndex) : row) * CELLS_PER_EDGE;
  }

  countFailure(edgeIndex: number, reason: FailureReason): void {
    const key = edgeIndex * REASONS + REASON_NUMBER[reason];
    this.#failures.set(key, (this.#failures.get(key) ?? 0) + 1);
  }

  /** Adds each edge's cells to its sums, by the edge's index; edges without sums are left out. */
  addTo(sumsByEdge: readonly (Float64Array | undefined)[]): void {
    for (let row = 1; row < this.#rowCount; row++) {
      const sums = sumsByEdge[this.#edges[row]!];
      if (sums === undefined) continue;
      const base = row * CELLS_PER_EDGE;
      for (let cell = 0; cell < CELLS_PER_EDGE; cell++) sums[cell]! += this.cells[base + cell]!;
    }
  }

  *failures(): Generator<{ readonly edgeIndex: number; readonly reason: FailureReason; readonly count: number }> {
    for (const [key, count] of this.#failures) {
      yield { edgeIndex: Math.floor(key / REASONS), reason: FAILURE_REASONS[key % REASONS]!, count };
    }
  }

  #add(edgeIndex: number): number {
    const row = this.#rowCount++;
    this.#rows[edgeIndex] = row;
    this.#edges[row] = edgeIndex;
    if ((row + 1) * CELLS_PER_EDGE > this.cells.length) {
      const larger = new Float64Array(this.cells.length * 2);
      larger.set(this.cells);
      this.cells = larger;
    }
    return row;
  }
}
