import { SEEN, TCP_FLAG } from '../model/flow-delta.ts';
import type { FlowRow, Side } from './flow-row.ts';
import { FRAGMENTATION_NEEDED, ICMP_OUTCOMES, type FlowOutcome } from './icmp-outcome.ts';
import { isOneSidedUdp } from './one-sided-udp.ts';

/** A lone SYN younger than this may still be answered (Linux sends the second after 1 s; RFC 6298 §2). */
const SYN_PATIENCE_NS = 1e9;

/**
 * The same of a DNS query. Longer, since a server that asks others in turn answers late without being at fault: CoreDNS
 * waits 2 s for one that does not answer. Shorter than the 5 s after which a client asks again (`timeout` of
 * resolv.conf(5)), so that with the second query the first is known to be lost.
 */
const DNS_PATIENCE_NS = 2e9;
/** IANA service name `domain`. */
const DNS_PORT = 53;

/**
 * A router's wish for smaller packets comes in the midst of an exchange that goes on, and backends may tell its time by
 * up to their polling (200 ms) too late, so an answer of about that time counts as one.
 */
const TOO_BIG_PATIENCE_NS = 1e9;

const FORWARDED: FlowOutcome = { verdict: 'forwarded', reason: undefined };
const UNKNOWN: FlowOutcome = { verdict: 'unknown', reason: undefined };
const REFUSED: FlowOutcome = { verdict: 'rejected', reason: 'connection_refused' };
const SYN_UNANSWERED: FlowOutcome = { verdict: 'dropped', reason: 'syn_unanswered' };
const DNS_UNANSWERED: FlowOutcome = { verdict: 'dropped', reason: 'dns_unanswered' };

/**
 * What became of the attempt, as the packets up to `nowNs` (clock of the deltas) tell it; the first that fits:
 *
 * 1. RST to SYN: `rejected`.
 * 2. An ICMP error that quotes the client, and no frame of the server after it: what the error says. "Fragmentation
 *    needed" is of its interval only, and of a server that has been silent for a second before it.
 * 3. SYN, and nothing from the server: `dropped` when it was sent twice or a second ago, `unknown` before.
 * 4. One-sided unicast UDP: `dropped` when it is a DNS query of two seconds ago; else `unknown`, since much of UDP
 *    awaits no answer.
 * 5. `forwarded`.
 */
export function resolveVerdict(row: FlowRow, nowNs: number): FlowOutcome {
  const { client } = row;
  const server = client === 0 ? 1 : 0;
  const isOpening = row.isTcp && isSynOnly(row, client);
  if (isOpening && isRefusal(row, server)) return REFUSED;
  if (row.icmpOutcome !== 0 && row.icmpSide === client && !hasAnsweredError(row, server))
    return ICMP_OUTCOMES[row.icmpOutcome] ?? FORWARDED;
  if (row.hasSent(server)) return FORWARDED;
  if (isOpening)
    return row.synCount(client) >= 2 || nowNs - row.synNs(client) >= SYN_PATIENCE_NS ? SYN_UNANSWERED : UNKNOWN;
  return isOneSidedUdp(row, server) ? judgeOneSidedUdp(row, server, nowNs) : FORWARDED;
}

function judgeOneSidedUdp(row: FlowRow, server: Side, nowNs: number): FlowOutcome {
  return row.port(server) === DNS_PORT && nowNs - row.startedNs >= DNS_PATIENCE_NS ? DNS_UNANSWERED : UNKNOWN;
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

function hasAnsweredError(row: FlowRow, server: Side): boolean {
  const patienceNs = row.icmpOutcome === FRAGMENTATION_NEEDED ? TOO_BIG_PATIENCE_NS : 0;
  return row.hasSent(server) && row.lastNs(server) > row.icmpErrorNs - patienceNs;
}
