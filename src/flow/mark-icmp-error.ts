import { SYMPTOM_BIT } from '../model/flow-symptom.ts';
import type { FlowRow } from './flow-row.ts';
import type { FlowRows } from './flow-rows.ts';
import { FRAGMENTATION_NEEDED } from './icmp-outcome.ts';
import type { PendingIcmpError } from './pending-icmp-errors.ts';
import { ROW_F64, ROW_U32, ROW_U8 } from './row-layout.ts';

/** Notes an ICMP error at the flow that it quotes; false when there is none. An error without a verdict is only met. */
export function markIcmpError(rows: FlowRows, error: PendingIcmpError, clockOffsetNs: number): boolean {
  const row = rows.find(error.key, 0, error.isIpv6);
  if (row === undefined) return false;
  if (error.outcome === 0) return true;
  row.chunk.f64[row.f64At + ROW_F64.icmpErrorNs] = error.timeNs - clockOffsetNs;
  row.chunk.u8[row.u8At + ROW_U8.icmpOutcome] = error.outcome;
  row.chunk.u8[row.u8At + ROW_U8.icmpSide] = error.side;
  if (error.outcome === FRAGMENTATION_NEEDED) noteTooBig(row, error.mtuBytes);
  return true;
}

/** Of several MTUs the smallest is the path's. */
function noteTooBig(row: FlowRow, mtuBytes: number): void {
  const { u8, u32 } = row.chunk;
  u8[row.u8At + ROW_U8.symptoms]! |= SYMPTOM_BIT.packet_too_big;
  const known = row.icmpMtuBytes;
  if (mtuBytes !== 0 && (known === 0 || mtuBytes < known)) u32[row.u32At + ROW_U32.icmpMtu] = mtuBytes;
}
