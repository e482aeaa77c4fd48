import type { FlowRecord } from '../model/flow-record.ts';

/** Frames that a record reports, both directions: the unit of the loss identity. */
export function toFrameCount(record: FlowRecord): number {
  return record.packets + record.reversePackets;
}
