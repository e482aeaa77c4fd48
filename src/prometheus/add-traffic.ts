import type { FlowRecord } from '../model/flow-record.ts';
import { CELL } from './pair-cells.ts';

/** Adds a record's traffic to a pair; `isReversed` where the end that transmits is the flow's destination. */
export function addTraffic(cells: Float64Array, base: number, record: FlowRecord, isReversed: boolean): void {
  const source = isReversed ? 1 : 0;
  const destination = 1 - source;
  cells[base + CELL.transmitBytes + source]! += record.bytes;
  cells[base + CELL.transmitBytes + destination]! += record.reverseBytes;
  cells[base + CELL.transmitPackets + source]! += record.packets;
  cells[base + CELL.transmitPackets + destination]! += record.reversePackets;
  if (record.retransmits !== undefined) cells[base + CELL.transmitRetransmits + source]! += record.retransmits;
  if (record.reverseRetransmits !== undefined) {
    cells[base + CELL.transmitRetransmits + destination]! += record.reverseRetransmits;
  }
}
