import { SEEN, TCP_FLAG } from '../model/flow-delta.ts';
import { SYMPTOM_BIT } from '../model/flow-symptom.ts';
import type { DeltaReader } from './delta-reader.ts';
import type { FlowRow, Side } from './flow-row.ts';
import { ROW_F64, ROW_STATE, ROW_U32, ROW_U8, SIDE_F64, SIDE_SENT, SIDE_U32, SIDE_U8 } from './row-layout.ts';

const MAX_U32 = 0xffff_ffff;

/** Adds a delta to the row of its flow, and notes when a TCP connection ended with it. */
export function mergeDelta(row: FlowRow, delta: DeltaReader): void {
  mergeSide(row, 0, delta);
  mergeSide(row, 1, delta);
  if (!row.isEnded && row.isTcp && hasEnded(row)) {
    row.state |= ROW_STATE.ended;
    row.chunk.f64[row.f64At + ROW_F64.endedNs] = row.lastFrameNs;
  }
}

function hasEnded(row: FlowRow): boolean {
  const client = row.lifeFlags(0);
  const server = row.lifeFlags(1);
  return ((client | server) & TCP_FLAG.rst) !== 0 || (client & server & TCP_FLAG.fin) !== 0;
}

function mergeSide(row: FlowRow, side: Side, delta: DeltaReader): void {
  // A side without frames may still tell what was seen of it (a backend that carries the handshake over).
  mergeFlags(row, side, delta);
  if (delta.frames(side) === 0) return;
  mergeTimes(row, side, delta);
  mergeCounters(row, side, delta);
}

function mergeTimes(row: FlowRow, side: Side, delta: DeltaReader): void {
  const { f64 } = row.chunk;
  const at = row.f64At + ROW_F64.sides + side * SIDE_F64.count;
  const firstNs = delta.firstNs(side);
  const lastNs = delta.lastNs(side);
  // The first delta after a report sets the times whatever they were: a packet clock may have stepped back.
  const isFirst = f64[at + SIDE_F64.frames] === 0;
  if (isFirst || firstNs < f64[at + SIDE_F64.firstNs]!) f64[at + SIDE_F64.firstNs] = firstNs;
  if (isFirst || lastNs > f64[at + SIDE_F64.lastNs]!) f64[at + SIDE_F64.lastNs] = lastNs;
}

function mergeCounters(row: FlowRow, side: Side, delta: DeltaReader): void {
  const { f64, u32 } = row.chunk;
  const doublesAt = row.f64At + ROW_F64.sides + side * SIDE_F64.count;
  f64[doublesAt + SIDE_F64.bytes]! += delta.bytes(side);
  f64[doublesAt + SIDE_F64.frames]! += delta.frames(side);
  const wordsAt = row.u32At + ROW_U32.sides + side * SIDE_U32.count;
  const retransmits = delta.retransmits(side);
  if (retransmits !== 0)
    u32[wordsAt + SIDE_U32.retransmits] = Math.min(MAX_U32, u32[wordsAt + SIDE_U32.retransmits]! + retransmits);
  const ackDelayKns = delta.ackDelayKns(side);
  if (ackDelayKns !== 0) u32[wordsAt + SIDE_U32.ackDelayKns] = ackDelayKns;
}

function mergeFlags(row: FlowRow, side: Side, delta: DeltaReader): void {
  const { f64, u8 } = row.chunk;
  const at = row.u8At + ROW_U8.sides + side * SIDE_U8.count;
  const flags = delta.tcpFlags(side);
  u8[at + SIDE_U8.tcpFlags]! |= flags;
  u8[at + SIDE_U8.lifeFlags]! |= flags;
  const seen = delta.seen(side);
  u8[at + SIDE_U8.seen]! |= (seen & ~SIDE_SENT) | (delta.frames(side) === 0 ? 0 : SIDE_SENT);
  if ((seen & SEEN.zeroWindow) !== 0) u8[row.u8At + ROW_U8.symptoms]! |= SYMPTOM_BIT.zero_window;
  const synCount = delta.synCount(side);
  if (synCount !== 0) u8[at + SIDE_U8.synCount] = Math.min(255, u8[at + SIDE_U8.synCount]! + synCount);
  const synNs = delta.synNs(side);
  const synAt = row.f64At + ROW_F64.sides + side * SIDE_F64.count + SIDE_F64.synNs;
  if (synNs !== 0 && f64[synAt] === 0) f64[synAt] = synNs;
}
