import type { FlowEndReason } from './flow-record.ts';

/**
 * Counters of the flow table since it was made. Its loss identity, between two intervals:
 * attributed frames of the capture = reportedFrames + tableFullFrames (and within one, what waits for its report).
 */
export interface FlowCounters {
  /** Flows that the table holds now. */
  readonly activeFlows: number;
  /** Flows that left the table, by IPFIX reason. */
  readonly endedByReason: Readonly<Record<FlowEndReason, number>>;
  /** Frames told by records, both directions. */
  readonly reportedFrames: number;
  /** Frames of flows that found no room. */
  readonly tableFullFrames: number;
  /** Deltas of flows that found no room: one for each flow and drain. */
  readonly tableFullFlows: number;
}
