import { FLOW_SYMPTOMS } from '../../model/flow-symptom.ts';
import { CELLS_PER_PAIR } from '../pair-cells.ts';

/**
 * Upper bounds in seconds, for round trips and handshakes: within a node (tenths of a millisecond), a zone, a region,
 * between continents, and a SYN sent again after 1 s and 3 s (RFC 6298 §2 and §5.7).
 */
export const BOUNDS_SECONDS = [0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.05, 0.25, 1, 3] as const;

/** A cell for each bound, one beyond the last, and the sum of seconds. */
const CELLS_PER_HISTOGRAM = BOUNDS_SECONDS.length + 2;
const FIRST_SYMPTOM = CELLS_PER_PAIR + 5;
const FIRST_HISTOGRAM = FIRST_SYMPTOM + FLOW_SYMPTOMS.length;

/** What is counted per pair of workloads, after the cells that every pair has. */
export const WORKLOAD_CELL = {
  /** Highest values that the sums below have had. */
  transmitLost: CELLS_PER_PAIR,
  receiveLost: CELLS_PER_PAIR + 1,
  /** Sums of what both ends' observers tell apart; they fall when packets on their way arrive in the next interval. */
  transmitLostSum: CELLS_PER_PAIR + 2,
  receiveLostSum: CELLS_PER_PAIR + 3,
  /** Reports in which both ends were seen. */
  compared: CELLS_PER_PAIR + 4,
  /** Reports with the symptom, one cell for each of `FLOW_SYMPTOMS`. */
  symptoms: FIRST_SYMPTOM,
  rtt: FIRST_HISTOGRAM,
  handshake: FIRST_HISTOGRAM + CELLS_PER_HISTOGRAM,
} as const;

/** Where a histogram's sum is, from its first cell. */
export const HISTOGRAM_SUM = BOUNDS_SECONDS.length + 1;

export const CELLS_PER_WORKLOAD_PAIR = FIRST_HISTOGRAM + 2 * CELLS_PER_HISTOGRAM;
