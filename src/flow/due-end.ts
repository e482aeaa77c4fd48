import type { FlowEndReason } from '../model/flow-record.ts';
import type { FlowRow } from './flow-row.ts';
import { LINGER_NS } from './is-new-connection.ts';

export interface FlowTimeouts {
  readonly idleTimeoutMs: number;
  readonly activeTimeoutMs: number;
}

/**
 * Why a flow is over at `nowNs` (clock of the deltas), if it is. Ages are taken either way round where nothing is lost
 * by it: a packet from the future is one from before a clock stepped back, and must not keep its flow for ever.
 */
export function resolveDueEnd(row: FlowRow, nowNs: number, timeouts: FlowTimeouts): FlowEndReason | undefined {
  if (row.isEnded) return 'end_of_flow_detected';
  const idleNs = nowNs - row.lastFrameNs;
  if ((row.isPending ? idleNs : Math.abs(idleNs)) >= timeouts.idleTimeoutMs * 1e6) return 'idle_timeout';
  const ageNs = Math.abs(nowNs - row.startedNs);
  return row.isPending && ageNs >= timeouts.activeTimeoutMs * 1e6 ? 'active_timeout' : undefined;
}

/** Whether no more frames of an ended connection are awaited. */
export function isQuiet(row: FlowRow, nowNs: number): boolean {
  return Math.abs(nowNs - row.lastFrameNs) >= LINGER_NS;
}
