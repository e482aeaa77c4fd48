import { SEEN, TCP_FLAG } from '../model/flow-delta.ts';
import type { FlowRow, Side } from './flow-row.ts';
import { ICMP_OUTCOMES, type FlowOutcome } from './icmp-outcome.ts';

/** A lone SYN younger than this may still be answered (Linux sends the second after 1 s; RFC 6298 §2). */
const SYN_PATIENCE_NS = 1e9;

const FORWARDED: FlowOutcome = { verdict: 'forwarded', reason: undefined };
const UNKNOWN: FlowOutcome = { verdict: 'unknown', reason: undefined };
const REFUSED: FlowOutcome = { verdict: 'rejected', reason: 'connection_refused' };
const UNANSWERED: FlowOutcome = { verdict: 'dropped', reason: 'syn_unanswered' };

/**
 * What became of the attempt, as the packets up to `nowNs` (clock of the deltas) tell it; the first that fits:
 *
 * 1. RST to SYN: `rejected`.
 * 2. An ICMP error that quotes the client, and no frame of the server after it: what the error says.
 * 3. SYN, and nothing from the server: `dropped` when it was sent twice or a second ago, `unknown` before.
 * 4. `forwarded`.
 */
export function resolveVerdict(row: FlowRow, nowNs: number): FlowOutcome {
  const { client } = row;
  const server = client === 0 ? 1 : 0;
  const isOpening = row.isTcp && isSynOnly(row, client);
  if (isOpening && isRefusal(row, server)) return REFUSED;
  if (row.icmpOutcome !== 0 && row.icmpSide === client && !hasAnsweredSince(row, server, row.icmpErrorNs))
    return ICMP_OUTCOMES[row.icmpOutcome] ?? FORWARDED;
  if (!isOpening || row.hasSent(server)) return FORWARDED;
  return row.synCount(client) >= 2 || nowNs - row.synNs(client) >= SYN_PATIENCE_NS ? UNANSWERED : UNKNOWN;
}

/** A client that acknowledged anything was answered, even if the answer passed elsewhere. */
function isSynOnly(row: FlowRow, client: Side): boolean {
  return (row.seen(client) & SEEN.syn) !== 0 && (row.lifeFlags(client) & TCP_FLAG.ack) === 0;
}

/** RST, and no sign that the server had ever taken the connection or sent data. */
function isRefusal(row: FlowRow, server: Side): boolean {
  const flags = row.lifeFlags(server);
  return (flags & TCP_FLAG.rst) !== 0 && (flags & (TCP_FLAG.syn | TCP_FLAG.psh | TCP_FLAG.fin)) === 0;
}

function hasAnsweredSince(row: FlowRow, server: Side, timeNs: number): boolean {
  return row.hasSent(server) && row.lastNs(server) > timeNs;
}
