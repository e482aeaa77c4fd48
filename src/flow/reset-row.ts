import type { FlowRow } from './flow-row.ts';
import { FRAGMENTATION_NEEDED } from './icmp-outcome.ts';
import { ROW_BYTES, ROW_F64, ROW_STATE, ROW_U32, ROW_U8, SIDE_F64, SIDE_U32, SIDE_U8 } from './row-layout.ts';

/** Makes a row the row of a new flow of its key; what it told before is forgotten. */
export function resetRow(row: FlowRow, serial: number, startedNs: number): void {
  const { f64, u32, u8 } = row.chunk;
  f64.fill(0, row.f64At, row.f64At + ROW_U32.key / 2);
  u32.fill(0, row.u32At + ROW_U32.sequence, row.u32At + ROW_U8.sides / 4);
  u8.fill(0, row.u8At + ROW_U8.sides, row.u8At + ROW_BYTES);
  row.state &= ~(ROW_STATE.ended | ROW_STATE.handshakeTold);
  renumberRow(row, serial, startedNs);
}

/** Lets the row's connection go on as a new flow: another number, the reports counted from 0. */
export function renumberRow(row: FlowRow, serial: number, startedNs: number): void {
  row.chunk.f64[row.f64At + ROW_F64.serial] = serial;
  row.chunk.f64[row.f64At + ROW_F64.startedNs] = startedNs;
  row.chunk.u32[row.u32At + ROW_U32.sequence] = 0;
}

/** Empties what a record has told, and counts the record. */
export function clearReported(row: FlowRow): void {
  const { f64, u32, u8 } = row.chunk;
  for (let side = 0; side < 2; side++) {
    const doublesAt = row.f64At + ROW_F64.sides + side * SIDE_F64.count;
    f64[doublesAt + SIDE_F64.bytes] = 0;
    f64[doublesAt + SIDE_F64.frames] = 0;
    const wordsAt = row.u32At + ROW_U32.sides + side * SIDE_U32.count;
    u32[wordsAt + SIDE_U32.retransmits] = 0;
    u32[wordsAt + SIDE_U32.ackDelayKns] = 0;
    u8[row.u8At + ROW_U8.sides + side * SIDE_U8.count + SIDE_U8.tcpFlags] = 0;
  }
  u32[row.u32At + ROW_U32.sequence]! += 1;
  if (row.symptoms !== 0) clearSymptoms(row);
}

/** What a router said of packets that were too big tells nothing of those that follow, which may be smaller. */
function clearSymptoms(row: FlowRow): void {
  const { u32, u8 } = row.chunk;
  u8[row.u8At + ROW_U8.symptoms] = 0;
  u32[row.u32At + ROW_U32.icmpMtu] = 0;
  if (row.icmpOutcome === FRAGMENTATION_NEEDED) u8[row.u8At + ROW_U8.icmpOutcome] = 0;
}
