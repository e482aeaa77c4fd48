import type { DropReason } from '../model/drop-reason.ts';

/** What is counted per pair, as positions within its run of cells. Directions are the own pod's. */
export const CELL = {
  transmitBytes: 0,
  receiveBytes: 1,
  transmitPackets: 2,
  receivePackets: 3,
  connections: 4,
  droppedPackets: 5,
  transmitRetransmits: 6,
  receiveRetransmits: 7,
} as const;

/** Cells of failed flows by reason, after the others; `unknown` takes failures that tell no reason. */
export const REASON_CELL: Readonly<Record<DropReason | 'unknown', number>> = {
  syn_unanswered: 8,
  connection_refused: 9,
  network_unreachable: 10,
  host_unreachable: 11,
  protocol_unreachable: 12,
  port_unreachable: 13,
  source_route_failed: 14,
  admin_prohibited: 15,
  reject_route: 16,
  ttl_exceeded: 17,
  unknown: 18,
};

export const CELLS_PER_PAIR = 19;
