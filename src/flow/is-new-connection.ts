import { SEEN, TCP_FLAG } from '../model/flow-delta.ts';
import type { DeltaReader } from './delta-reader.ts';
import type { FlowRow, Side } from './flow-row.ts';
import { ORIENTATION } from './row-layout.ts';

/** How long an ended connection is kept for late frames (the last acknowledgements). */
export const LINGER_NS = 1e9;

/** What a host sends only after its own SYN: it never sends a SYN of the same connection again. */
const BEYOND_SYN = TCP_FLAG.ack | TCP_FLAG.rst | TCP_FLAG.fin;

/**
 * Whether a delta belongs to a later connection of the same tuple than the row that was found for it:
 *
 * - a SYN after the row's connection had ended, or from a side that was past its SYN;
 * - a SYN or SYN-ACK on a row whose report had to guess the initiator;
 * - frames that begin more than the linger after the end (its SYN was missed, or the RST was not obeyed).
 *
 * Two connections within one delta cannot be told apart; they share a flow.
 */
export function isNewConnection(row: FlowRow, delta: DeltaReader): boolean {
  if (!row.isTcp) return false;
  if (row.isEnded && delta.firstFrameNs > row.endedNs + LINGER_NS) return true;
  return opensAnew(row, delta, 0) || opensAnew(row, delta, 1);
}

function opensAnew(row: FlowRow, delta: DeltaReader, side: Side): boolean {
  const seen = delta.seen(side);
  if ((seen & (SEEN.syn | SEEN.synAck)) === 0 || !isFresh(delta, side)) return false;
  if (isGuess(row)) return true;
  if ((seen & SEEN.syn) === 0) return false;
  return row.isEnded ? delta.synNs(side) > row.endedNs : (row.lifeFlags(side) & BEYOND_SYN) !== 0;
}

/** Whether the SYN is one of the delta's own frames, not one that the backend remembers from before. */
function isFresh(delta: DeltaReader, side: Side): boolean {
  return delta.frames(side) !== 0 && delta.synNs(side) >= delta.firstNs(side);
}

function isGuess(row: FlowRow): boolean {
  return (row.orientation & (ORIENTATION.known | ORIENTATION.bySyn)) === ORIENTATION.known;
}
