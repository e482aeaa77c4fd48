import type { FlowRecord } from '../model/flow-record.ts';

/** What of a report tells whether its flow failed. */
export type FlowOutcome = Pick<FlowRecord, 'flowId' | 'sequence' | 'event' | 'verdict'>;

const VERDICT_BIT = { forwarded: 0, unknown: 0, dropped: 1, rejected: 2 } as const;

/**
 * Tells a flow's first report as dropped or rejected from the following ones, since each report of a failing flow
 * says so. A flow counts once for each of the two verdicts. What is remembered goes with the flow's last report and
 * is bounded by `limit`, beyond which the longest known flow is forgotten and would count once more.
 */
export class FailedFlows {
  readonly #limit: number;
  readonly #verdictsByFlow = new Map<string, number>();
  /** Goes on where it was: an iteration from the start would pass by all that was deleted. */
  #oldest = this.#verdictsByFlow.keys();

  constructor(limit: number) {
    this.#limit = limit;
  }

  /** Flows remembered. */
  get size(): number {
    return this.#verdictsByFlow.size;
  }

  /** Whether this report makes its flow a failed one. To be called once for every record. */
  isNew(record: FlowOutcome): boolean {
    const bit = VERDICT_BIT[record.verdict];
    const ends = record.event === 'end';
    if (bit === 0 && (!ends || this.#verdictsByFlow.size === 0)) return false;
    const known = record.sequence === 0 ? 0 : (this.#verdictsByFlow.get(record.flowId) ?? 0);
    if (ends) this.#verdictsByFlow.delete(record.flowId);
    else if ((known & bit) !== bit) this.#remember(record.flowId, known | bit);
    return bit !== 0 && (known & bit) === 0;
  }

  #remember(flowId: string, verdicts: number): void {
    if (this.#verdictsByFlow.size >= this.#limit) this.#forgetOldest();
    this.#verdictsByFlow.set(flowId, verdicts);
  }

  #forgetOldest(): void {
    let next = this.#oldest.next();
    if (next.done === true) next = (this.#oldest = this.#verdictsByFlow.keys()).next();
    if (next.done !== true) this.#verdictsByFlow.delete(next.value);
  }
}
