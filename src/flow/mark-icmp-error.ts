import type { FlowRows } from './flow-rows.ts';
import type { PendingIcmpError } from './pending-icmp-errors.ts';
import { ROW_F64, ROW_U8 } from './row-layout.ts';

/** Notes an ICMP error at the flow that it quotes; false when there is none. An error without a verdict is only met. */
export function markIcmpError(rows: FlowRows, error: PendingIcmpError, clockOffsetNs: number): boolean {
  const row = rows.find(error.key, 0, error.isIpv6);
  if (row === undefined) return false;
  if (error.outcome === 0) return true;
  row.chunk.f64[row.f64At + ROW_F64.icmpErrorNs] = error.timeNs - clockOffsetNs;
  row.chunk.u8[row.u8At + ROW_U8.icmpOutcome] = error.outcome;
  row.chunk.u8[row.u8At + ROW_U8.icmpSide] = error.side;
  return true;
}
