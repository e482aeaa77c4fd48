import type { FlowRecord } from '../model/flow-record.ts';

/** What went between a source and a destination; `reverse` is destination → source. */
export interface PairTotals {
  readonly source: string;
  readonly destination: string;
  flows: number;
  records: number;
  packets: number;
  bytes: number;
  reversePackets: number;
  reverseBytes: number;
}

export function createPairTotals(source: string, destination: string): PairTotals {
  return { source, destination, flows: 0, records: 0, packets: 0, bytes: 0, reversePackets: 0, reverseBytes: 0 };
}

/** Adds a record; a flow counts with its first report. */
export function addRecord(totals: PairTotals, record: FlowRecord): void {
  if (record.sequence === 0) totals.flows++;
  totals.records++;
  totals.packets += record.packets;
  totals.bytes += record.bytes;
  totals.reversePackets += record.reversePackets;
  totals.reverseBytes += record.reverseBytes;
}

/** Adds one pair's totals to another's. */
export function addTotals(sum: PairTotals, part: PairTotals): void {
  sum.flows += part.flows;
  sum.records += part.records;
  sum.packets += part.packets;
  sum.bytes += part.bytes;
  sum.reversePackets += part.reversePackets;
  sum.reverseBytes += part.reverseBytes;
}
