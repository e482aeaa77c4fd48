import { toDropPackets } from '../lib/drop-packets.ts';
import type { Connection } from '../model/connection.ts';
import type { Verdict } from '../model/flow-record.ts';
import type { PolicyFinding } from '../model/policy-judgement.ts';

/** What is summed of an edge's connections in an interval, as positions within its run of cells. */
export const CELL = {
  bytes: 0,
  packets: 1,
  reverseBytes: 2,
  reversePackets: 3,
  connections: 4,
  droppedPackets: 5,
  retransmits: 6,
  reverseRetransmits: 7,
  /** Reports that both ends told. */
  joined: 8,
  lostPackets: 9,
  reverseLostPackets: 10,
  roundTrips: 11,
  roundTripNs: 12,
} as const;

/** Reports by verdict, after the others. */
export const VERDICT_CELL: Readonly<Record<Verdict, number>> = {
  forwarded: 13,
  dropped: 14,
  rejected: 15,
  unknown: 16,
};

/** Reports by finding, after those. */
export const FINDING_CELL: Readonly<Record<PolicyFinding, number>> = {
  denied: 17,
  unexplained: 18,
  unexpectedly_allowed: 19,
};

export const CELLS_PER_EDGE = 20;

/** Adds one connection to the run of cells that begins at `base`. */
export function addConnection(cells: Float64Array, base: number, connection: Connection): void {
  const { record, lostPackets, finding } = connection;
  const dropPackets = toDropPackets(connection);
  cells[base + CELL.bytes]! += record.bytes;
  cells[base + CELL.packets]! += record.packets;
  cells[base + CELL.reverseBytes]! += record.reverseBytes;
  cells[base + CELL.reversePackets]! += record.reversePackets;
  cells[base + CELL.connections]! += connection.flowsBegun;
  cells[base + VERDICT_CELL[connection.verdict]]! += 1;
  if (finding !== undefined) cells[base + FINDING_CELL[finding]]! += 1;
  if (dropPackets !== undefined) cells[base + CELL.droppedPackets]! += dropPackets;
  if (record.retransmits !== undefined) cells[base + CELL.retransmits]! += record.retransmits;
  if (record.reverseRetransmits !== undefined) cells[base + CELL.reverseRetransmits]! += record.reverseRetransmits;
  if (record.rttNs !== undefined) {
    cells[base + CELL.roundTrips]! += 1;
    cells[base + CELL.roundTripNs]! += record.rttNs;
  }
  if (lostPackets === undefined) return;
  cells[base + CELL.joined]! += 1;
  cells[base + CELL.lostPackets]! += lostPackets;
  cells[base + CELL.reverseLostPackets]! += connection.reverseLostPackets ?? 0;
}
