import type { Connection } from '../model/connection.ts';
import type { FlowEvent, Verdict } from '../model/flow-record.ts';
import { FailedFlows } from './failed-flows.ts';
import { RecentTimes } from './recent-times.ts';

/** Failures remembered for evidence, which may come by itself: before its connection's reports, or long after them. */
const EVIDENCE_LIMIT = 16_384;
/** Reports of one attempt lie within this time: a log tells of windows of up to 10 min. */
const SAME_ATTEMPT_MS = 900_000;

/**
 * Tells a connection's first report as dropped or rejected from the following ones; see `FailedFlows`. Evidence alone
 * makes a failed connection too, once for an attempt and only where no observer's report does.
 */
export class FailedConnections {
  readonly #failed: FailedFlows;
  readonly #observed = new RecentTimes(EVIDENCE_LIMIT);
  readonly #told = new RecentTimes(EVIDENCE_LIMIT);
  /** A connection as one flow: its perspectives have different flow ids, and one may be missing in an interval. */
  readonly #flow: { flowId: string; sequence: number; event: FlowEvent; verdict: Verdict } = {
    flowId: '',
    sequence: 0,
    event: 'update',
    verdict: 'unknown',
  };

  constructor(limit: number) {
    this.#failed = new FailedFlows(limit);
  }

  /**
   * Whether this report makes its connection a failed one. To be called once for every connection and interval.
   * @param verdict what is taken for the connection's
   */
  isNew(connection: Connection, verdict: Verdict = connection.verdict): boolean {
    const { joinId, intervalStartMs, perspectives, record } = connection;
    if (perspectives === 'none') return isFailure(verdict) && this.#isNewByEvidence(joinId, intervalStartMs);
    this.#flow.flowId = joinId;
    this.#flow.sequence = record.sequence;
    this.#flow.event = record.event;
    this.#flow.verdict = verdict;
    return this.#failed.isNew(this.#flow) && !this.#isCountedByEvidence(joinId, intervalStartMs);
  }

  #isNewByEvidence(joinId: string, timeMs: number): boolean {
    const isKnown =
      this.#observed.isNear(joinId, timeMs, SAME_ATTEMPT_MS) || this.#told.isNear(joinId, timeMs, SAME_ATTEMPT_MS);
    this.#told.note(joinId, timeMs);
    return !isKnown;
  }

  /** What evidence counted is not counted once more; a later attempt of the same tuple is. */
  #isCountedByEvidence(joinId: string, timeMs: number): boolean {
    const isCounted =
      this.#told.isNear(joinId, timeMs, SAME_ATTEMPT_MS) && !this.#observed.isNear(joinId, timeMs, SAME_ATTEMPT_MS);
    this.#observed.note(joinId, timeMs);
    return isCounted;
  }
}

function isFailure(verdict: Verdict): boolean {
  return verdict === 'dropped' || verdict === 'rejected';
}
