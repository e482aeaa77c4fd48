import { DROP_REASONS, type DropReason } from '../model/drop-reason.ts';

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

const FIRST_REASON = 8;

/** Cells of failed flows by reason, after the others; `unknown` takes failures that tell no reason. */
export const REASON_CELL = Object.fromEntries(
  [...DROP_REASONS, 'unknown' as const].map((reason, i) => [reason, FIRST_REASON + i]),
) as Readonly<Record<DropReason | 'unknown', number>>;

export const CELLS_PER_PAIR = FIRST_REASON + DROP_REASONS.length + 1;
