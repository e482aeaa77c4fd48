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
  { verdict: 'dropped', reason: 'fragmentation_needed' },
];

/** Codes of ICMP type 3 (RFC 792, RFC 1122 §3.2.2.1, RFC 1812 §5.2.7.1; 14 and 15 are a router's policy too). */
const UNREACHABLE_4: Readonly<Record<number, DropReason>> = {
  0: 'network_unreachable',
  1: 'host_unreachable',
  2: 'protocol_unreachable',
  3: 'port_unreachable',
  4: 'fragmentation_needed',
  5: 'source_route_failed',
  6: 'network_unreachable',
  7: 'host_unreachable',
  8: 'host_unreachable',
  9: 'admin_prohibited',
  10: 'admin_prohibited',
  11: 'network_unreachable',
  12: 'host_unreachable',
  13: 'admin_prohibited',
  14: 'admin_prohibited',
  15: 'admin_prohibited',
};

/** Codes of ICMPv6 type 1 (RFC 4443 §3.1, RFC 6554 §4.2). */
const UNREACHABLE_6: Readonly<Record<number, DropReason>> = {
  0: 'network_unreachable',
  1: 'admin_prohibited',
  2: 'host_unreachable',
  3: 'host_unreachable',
  4: 'port_unreachable',
  5: 'admin_prohibited',
  6: 'reject_route',
  7: 'source_route_failed',
};

/** Other ICMP errors, by type and code. Time exceeded counts in transit only: code 1 says that the packet arrived. */
const OTHERS_4: readonly OtherError[] = [{ type: 11, code: 0, reason: 'ttl_exceeded' }];
const OTHERS_6: readonly OtherError[] = [
  { type: 2, code: undefined, reason: 'fragmentation_needed' },
  { type: 3, code: 0, reason: 'ttl_exceeded' },
  // Unrecognized next header: how IPv6 says what IPv4 calls protocol unreachable (RFC 4443 §3.4, RFC 7915 §4.2).
  { type: 4, code: 1, reason: 'protocol_unreachable' },
];

interface OtherError {
  readonly type: number;
  /** Undefined: whatever it is, since RFC 4443 §3.2 has receivers ignore it. */
  readonly code: number | undefined;
  readonly reason: DropReason;
}

/** Index of the outcome of packets that a router called too big. */
export const FRAGMENTATION_NEEDED = toIndex('fragmentation_needed');

/** Index into `ICMP_OUTCOMES` of an ICMP error; 0 when it is no verdict on the flow, as other parameter problems. */
export function resolveIcmpOutcome(family: 'ipv4' | 'ipv6', type: number, code: number): number {
  const isIpv4 = family === 'ipv4';
  if (type === (isIpv4 ? 3 : 1)) return toIndex((isIpv4 ? UNREACHABLE_4 : UNREACHABLE_6)[code] ?? 'host_unreachable');
  const error = (isIpv4 ? OTHERS_4 : OTHERS_6).find((other) => other.type === type && (other.code ?? code) === code);
  return error === undefined ? 0 : toIndex(error.reason);
}

function toIndex(reason: DropReason): number {
  return ICMP_OUTCOMES.findIndex((outcome) => outcome.reason === reason);
}
