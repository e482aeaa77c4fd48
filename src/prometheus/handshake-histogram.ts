import { encodeFamilyHead } from './exposition-text.ts';
import { findBucket } from './find-bucket.ts';
import { METRICS } from './metric-list.ts';
import { ROLE_NAMES, type RoleNumber } from './pair-table.ts';

/**
 * Upper bounds in seconds: from within a node (tenths of a millisecond) to a SYN sent again after 1 s and 3 s
 * (RFC 6298 §2 and §5.7).
 */
const BOUNDS_SECONDS = [0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 3, 10];

/** One row a role: a cell for each bound, one beyond the last, and the sum of seconds. */
const SUM_CELL = BOUNDS_SECONDS.length + 1;
const CELLS_PER_ROLE = SUM_CELL + 1;

/** Time from SYN to SYN-ACK, per role of the own pod and not per pair: a pair's would cost fifteen series each. */
export class HandshakeHistogram {
  readonly #cells = new Float64Array(ROLE_NAMES.length * CELLS_PER_ROLE);

  observe(role: RoleNumber, seconds: number): void {
    const row = role * CELLS_PER_ROLE;
    this.#cells[row + findBucket(BOUNDS_SECONDS, seconds)]! += 1;
    this.#cells[row + SUM_CELL]! += seconds;
  }

  /** The family's text, complete with its head; every role is told from the start. */
  encode(): string {
    return encodeFamilyHead(METRICS.flowHandshake) + ROLE_NAMES.map((_, role) => this.#encodeRole(role)).join('');
  }

  #encodeRole(role: number): string {
    const { name } = METRICS.flowHandshake;
    const label = `role="${ROLE_NAMES[role]}"`;
    const row = this.#cells.subarray(role * CELLS_PER_ROLE, (role + 1) * CELLS_PER_ROLE);
    let text = '';
    let count = 0;
    for (const [i, bound] of [...BOUNDS_SECONDS, '+Inf'].entries()) {
      count += row[i] ?? 0;
      text += `${name}_bucket{${label},le="${bound}"} ${count}\n`;
    }
    return `${text}${name}_sum{${label}} ${row[SUM_CELL]}\n${name}_count{${label}} ${count}\n`;
  }
}
