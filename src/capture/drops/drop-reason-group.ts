import type { DropReason } from '../../model/drop-reason.ts';
import { IP_PROTOCOL } from '../../model/ip-protocol.ts';

/**
 * Reasons that are no drops of a flow's packets: what the kernel itself calls none, copies (a full
 * packet socket, frames for others that an interface in promiscuous mode shows), what a closed socket leaves behind, and
 * the everyday of TCP, whose data has arrived otherwise or is void (net/core/drop_reason, include/net/dropreason-core.h).
 */
const NO_DROPS: ReadonlySet<string> = new Set([
  'SKB_NOT_DROPPED_YET',
  'NOT_DROPPED_YET',
  'SKB_CONSUMED',
  'CONSUMED',
  'QUEUE_PURGE',
  'OTHERHOST',
  'PACKET_SOCK_ERROR',
  'SOCKET_CLOSE',
  'UNIX_DISCONNECT',
  'UNIX_SKIP_OOB',
  'IPV6_NDISC_NS_OTHERHOST',
  'TCP_CLOSE',
  'TCP_FASTOPEN',
  'TCP_OFOMERGE',
  'TCP_OLD_ACK',
  'TCP_TOO_OLD_ACK',
  'TCP_OLD_DATA',
  'TCP_OLD_SEQUENCE',
  'TCP_RESET',
  'TCP_RFC7323_PAWS_ACK',
]);

/** RFC 5771, RFC 4291 §2.7; and the broadcast address. */
const MULTICAST = /^(22[4-9]|23\d)\.|^255\.255\.255\.255$|^ff[\da-f]{2}:/;

export interface DroppedPacket {
  readonly protocol: number;
  readonly destinationAddress: string;
}

/** In this order; what none matches is a `kernel_drop`. */
const GROUPS: readonly (readonly [RegExp, DropReason])[] = [
  [/^NETFILTER_/, 'netfilter_drop'],
  [/^NO_SOCKET$/, 'no_socket'],
  [/RPFILTER/, 'reverse_path_filter'],
  [/CSUM/, 'checksum_error'],
  [/QUEUEFULL|QUEUE_PRUNE|RCVBUFF|BACKLOG|OVERFLOW|OVERLIMIT|CONGESTED|FULL_RING|PROTO_MEM/, 'queue_full'],
  [/^QDISC_|^FQ_|^CAKE_|_STEP_DROP$/, 'queue_full'],
];

/** Whether a reason of the kernel (`enum skb_drop_reason` without its prefix) is a drop; unknown ones are. */
export function isDrop(name: string): boolean {
  return !NO_DROPS.has(name);
}

/**
 * Whether such a packet was really dropped. An ICMP message without a socket of its own is every answer to a `ping` that
 * listens with a raw socket, which had its copy; and multicast that nobody joined is freed without a word.
 */
export function isDropOf(name: string, { protocol, destinationAddress }: DroppedPacket): boolean {
  if (name === 'NO_SOCKET') return protocol !== IP_PROTOCOL.icmp && protocol !== IP_PROTOCOL.icmp6;
  return name !== 'NOT_SPECIFIED' || !MULTICAST.test(destinationAddress);
}

/** The reason of a record, for one of the kernel. By name, since numbers and their meaning differ between kernels. */
export function toDropReason(name: string): DropReason {
  return GROUPS.find(([pattern]) => pattern.test(name))?.[1] ?? 'kernel_drop';
}
