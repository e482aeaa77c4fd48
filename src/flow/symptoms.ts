import { TCP_FLAG } from '../model/flow-delta.ts';
import type { FlowRecord } from '../model/flow-record.ts';
import { SYMPTOM_BIT } from '../model/flow-symptom.ts';
import type { FlowRow, Side } from './flow-row.ts';
import { isOneSidedUdp } from './one-sided-udp.ts';

/** As for a SYN (verdict.ts): what was sent later than this may still be answered. */
const ANSWER_PATIENCE_NS = 1e9;

/** Fewer may be one loss: a tail probe (RFC 8985 §7) and then the segment itself. */
const BURST_SEGMENTS = 3;
/** Of the side's frames: more than congestion control brings about by itself on a path that is well. */
const BURST_SHARE = 0.05;

/**
 * What went wrong since the last report, as bits of `SYMPTOM_BIT`, as far as the packets up to `nowNs` (clock of the
 * deltas) tell it; the flags and counters of `record` are filled. Zero windows and packets too big were noted as they
 * came; the others are seen at the end:
 *
 * - `reset`: an RST after the client had acknowledged something (a refused or abandoned attempt is none) and before
 *   both sides had finished (what comes then is of data that nobody waits for).
 * - `retransmission_burst`: one side of such a connection sent at least 3 segments again that were no SYNs, and these
 *   are at least 5 % of its frames.
 * - `unanswered`: one-sided UDP whose flow is a second old, and to which no ICMP error came in place of an answer.
 */
export function resolveSymptoms(record: FlowRecord, row: FlowRow, client: Side, server: Side, nowNs: number): number {
  const noted = row.symptoms;
  if (row.isTcp) return noted | resolveTcpSymptoms(record, row, client, server);
  const isSilent = row.icmpOutcome === 0 && nowNs - row.startedNs >= ANSWER_PATIENCE_NS;
  return isSilent && isOneSidedUdp(row, server) ? noted | SYMPTOM_BIT.unanswered : noted;
}

/** The record has them already, and most have none. */
function resolveTcpSymptoms(record: FlowRecord, row: FlowRow, client: Side, server: Side): number {
  const { tcpFlags = 0, reverseTcpFlags = 0, retransmits = 0, reverseRetransmits = 0 } = record;
  const isReset = ((tcpFlags | reverseTcpFlags) & TCP_FLAG.rst) !== 0;
  if (!isReset && retransmits < BURST_SEGMENTS && reverseRetransmits < BURST_SEGMENTS) return 0;
  if ((row.lifeFlags(client) & TCP_FLAG.ack) === 0) return 0;
  const hasFinished = (row.lifeFlags(client) & row.lifeFlags(server) & TCP_FLAG.fin) !== 0;
  const isBurst = hasBurst(row, client) || hasBurst(row, server);
  return (isReset && !hasFinished ? SYMPTOM_BIT.reset : 0) | (isBurst ? SYMPTOM_BIT.retransmission_burst : 0);
}

function hasBurst(row: FlowRow, side: Side): boolean {
  const segments = row.retransmits(side) - countRepeatedSyns(row, side);
  return segments >= BURST_SEGMENTS && segments >= BURST_SHARE * row.frames(side);
}

/** SYNs among the retransmits; those of the flow's life, if the interval has any: rather one too many. */
function countRepeatedSyns(row: FlowRow, side: Side): number {
  const hasSyn = (row.tcpFlags(side) & TCP_FLAG.syn) !== 0;
  return hasSyn ? Math.max(0, row.synCount(side) - 1) : 0;
}
