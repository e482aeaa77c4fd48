import type { DropReason } from '../model/drop-reason.ts';
import type { Verdict } from '../model/flow-record.ts';

/** What became of an attempt, and why when it failed. */
export interface FlowOutcome {
  readonly verdict: Verdict;
  readonly reason: DropReason | undefined;
}

/** What an ICMP error says of the packet it quotes; a row keeps the index. The first says nothing. */
export const ICMP_OUTCOMES: readonly FlowOutcome[] = [
  { verdict: 'forwarded', reason: undefined },
  { verdict: 'dropped', reason: 'ttl_exceeded' },
  { verdict: 'rejected', reason: 'network_unreachable' },
  { verdict: 'rejected', reason: 'host_unreachable' },
  { verdict: 'rejected', reason: 'protocol_unreachable' },
  { verdict: 'rejected', reason: 'port_unreachable' },
  { verdict: 'rejected', reason: 'source_route_failed' },
  { verdict: 'rejected', reason: 'admin_prohibited' },
  { verdict: 'rejected', reason: 'reject_route' },
];

/** Codes of ICMP type 3 (RFC 792, RFC 1122 §3.2.2.1, RFC 1812 §5.2.7.1); 4 asks for smaller packets: no failure. */
const UNREACHABLE_4: Readonly<Record<number, DropReason | undefined>> = {
  0: 'network_unreachable',
  1: 'host_unreachable',
  2: 'protocol_unreachable',
  3: 'port_unreachable',
  4: undefined,
  5: 'source_route_failed',
  6: 'network_unreachable',
  7: 'host_unreachable',
  9: 'admin_prohibited',
  10: 'admin_prohibited',
  11: 'network_unreachable',
  12: 'host_unreachable',
  13: 'admin_prohibited',
};

/** Codes of ICMPv6 type 1 (RFC 4443 §3.1, RFC 6554 §4.2). */
const UNREACHABLE_6: Readonly<Record<number, DropReason | undefined>> = {
  0: 'network_unreachable',
  1: 'admin_prohibited',
  2: 'host_unreachable',
  3: 'host_unreachable',
  4: 'port_unreachable',
  5: 'admin_prohibited',
  6: 'reject_route',
  7: 'source_route_failed',
};

/**
 * Index into `ICMP_OUTCOMES` of an ICMP error. Time exceeded counts in transit only (code 0): code 1 says that the
 * packet arrived and its fragments did not. Packet too big and parameter problems are no verdict on the flow.
 */
export function resolveIcmpOutcome(family: 'ipv4' | 'ipv6', type: number, code: number): number {
  if (type === (family === 'ipv4' ? 11 : 3)) return code === 0 ? toIndex('ttl_exceeded') : 0;
  if (type !== (family === 'ipv4' ? 3 : 1)) return 0;
  const reasons = family === 'ipv4' ? UNREACHABLE_4 : UNREACHABLE_6;
  const reason = code in reasons ? reasons[code] : 'host_unreachable';
  return reason === undefined ? 0 : toIndex(reason);
}

function toIndex(reason: DropReason): number {
  return ICMP_OUTCOMES.findIndex((outcome) => outcome.reason === reason);
}
