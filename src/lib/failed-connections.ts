import type { Connection } from '../model/connection.ts';
import type { FlowEvent, Verdict } from '../model/flow-record.ts';
import { FailedFlows } from './failed-flows.ts';

/** Tells a connection's first report as dropped or rejected from the following ones; see `FailedFlows`. */
export class FailedConnections {
  readonly #failed: FailedFlows;
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

  /** Whether this report makes its connection a failed one. To be called once for every connection and interval. */
  isNew({ joinId, record, verdict }: Connection): boolean {
    this.#flow.flowId = joinId;
    this.#flow.sequence = record.sequence;
    this.#flow.event = record.event;
    this.#flow.verdict = verdict;
    return this.#failed.isNew(this.#flow);
  }
}
