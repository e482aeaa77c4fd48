import type { EvidenceSource } from './drop-evidence.ts';
import type { DropReason } from './drop-reason.ts';

/** What a report says of its flow's life. One interval that holds both start and end is an `end`. */
export const FLOW_EVENTS = ['start', 'update', 'end'] as const;
export type FlowEvent = (typeof FLOW_EVENTS)[number];

/** Why a flow ended: the names of IPFIX flowEndReason (RFC 5102 §5.11.3). */
export const FLOW_END_REASONS = [
  'idle_timeout',
  'active_timeout',
  'end_of_flow_detected',
  'forced_end',
  'lack_of_resources',
] as const;
export type FlowEndReason = (typeof FLOW_END_REASONS)[number];

/** The initiator's direction, seen from the observed pod. */
export const FLOW_DIRECTIONS = ['ingress', 'egress', 'unknown'] as const;
export type FlowDirection = (typeof FLOW_DIRECTIONS)[number];

/** How the initiator (source) was told from the other side. */
export const FLOW_INITIATORS = ['syn', 'conntrack', 'guess'] as const;
export type FlowInitiator = (typeof FLOW_INITIATORS)[number];

/** What became of the attempt; see `DropReason` for why. */
export const VERDICTS = ['forwarded', 'dropped', 'rejected', 'unknown'] as const;
export type Verdict = (typeof VERDICTS)[number];

/**
 * What the node's conntrack table says of the flow: its tuple is not translated; it is; or the table knows nothing of
 * it. Absent before a node role has looked.
 */
export const NAT_STATES = ['none', 'translated', 'unresolved'] as const;
export type NatState = (typeof NAT_STATES)[number];

/** Encapsulations that are looked into (RFC 7348, RFC 8926). */
export const TUNNEL_TYPES = ['vxlan', 'geneve'] as const;
export type TunnelType = (typeof TUNNEL_TYPES)[number];

/** OpenTelemetry `network.connection.state`, as far as an observer of packets can tell it. */
export const CONNECTION_STATES = [
  'syn_sent',
  'syn_received',
  'established',
  'fin_wait_1',
  'close_wait',
  'closing',
  'time_wait',
  'closed',
] as const;
export type ConnectionState = (typeof CONNECTION_STATES)[number];

export const NETWORK_TYPES = ['ipv4', 'ipv6'] as const;
export type NetworkType = (typeof NETWORK_TYPES)[number];

/**
 * One report of one flow for one interval: the shape that all stages share.
 *
 * Source is the initiator (client), destination the other side; `reverse*` counts destination → source.
 * All counters are deltas of the interval. Times are nanoseconds since the Unix epoch held in a double, whose
 * grain at today's dates is 256 ns. Absent facts are `undefined`, never 0.
 *
 * Records are reused: whoever gets one through `accept` reads it before returning and keeps no reference.
 */
export interface FlowRecord {
  /** Stable for the flow's life at this probe. */
  flowId: string;
  /** Number of this report of the flow, from 0. */
  sequence: number;
  event: FlowEvent;
  endReason: FlowEndReason | undefined;
  /** The wall-clock aligned report interval: start = floor(time / interval). */
  intervalStartNs: number;
  intervalEndNs: number;
  /** First and last packet of the interval. */
  startNs: number;
  endNs: number;
  /** Community ID v1 (`1:` and 28 base64 characters) of the tuple on the wire. */
  communityId: string;
  direction: FlowDirection;
  initiator: FlowInitiator;
  sourceAddress: string;
  sourcePort: number | undefined;
  destinationAddress: string;
  destinationPort: number | undefined;
  /** Lower-case IANA name (`tcp`, `ipv6-icmp`), or the protocol number as text where it has none here. */
  transport: string;
  networkType: NetworkType;
  /** IANA protocol number. */
  protocolNumber: number;
  interfaceName: string;
  connectionState: ConnectionState | undefined;
  /** Whole frames as the interface counts them, link header included. */
  bytes: number;
  packets: number;
  reverseBytes: number;
  reversePackets: number;
  /** Union of the TCP flags of the interval (RFC 9293 §3.1, low 8 bits). */
  tcpFlags: number | undefined;
  reverseTcpFlags: number | undefined;
  retransmits: number | undefined;
  reverseRetransmits: number | undefined;
  /** SYNs of the client after its first, in the flow's life so far. */
  synRetries: number | undefined;
  /** SYN to SYN-ACK at the observation point, ns; only in the report in which it was measured. */
  handshakeNs: number | undefined;
  /** Smoothed time from a segment of the source to its acknowledgement at the observation point, ns. */
  rttNs: number | undefined;
  icmpType: number | undefined;
  icmpCode: number | undefined;
  /** Next-hop MTU that a router asked for in the interval. */
  icmpMtuBytes: number | undefined;
  /** Bits of `SYMPTOM_BIT`. */
  symptoms: number;
  verdict: Verdict;
  dropReason: DropReason | undefined;
  /** The word of who dropped it, where `evidence` tells who that is. */
  dropDetail: string | undefined;
  dropPackets: number | undefined;
  dropBytes: number | undefined;
  /** Who told of the drop that this record is; undefined of a flow that an observer of packets saw. See `DropEvidence`. */
  evidence: EvidenceSource | undefined;
  /** 1 = every packet. */
  samplingRate: number;
  natState: NatState | undefined;
  /** The delivered tuple: what the server sees on the wire, after all translation. Told when `translated`. */
  natSourceAddress: string | undefined;
  natSourcePort: number | undefined;
  natDestinationAddress: string | undefined;
  natDestinationPort: number | undefined;
  /** Community ID v1 of the delivered tuple: the same at both ends of the connection. */
  natCommunityId: string | undefined;
  /** The tuple that the client dialled, where the observed one is the delivered one (seen at a masqueraded server). */
  natOriginalSourceAddress: string | undefined;
  natOriginalSourcePort: number | undefined;
  natOriginalDestinationAddress: string | undefined;
  natOriginalDestinationPort: number | undefined;
  /** The encapsulation that the flow was seen in: the record tells the inner flow, its bytes the outer frames. */
  tunnelType: TunnelType | undefined;
  /** VXLAN or Geneve network identifier, 24 bits. */
  tunnelId: number | undefined;
  /** The tunnel's ends, on the side of source and destination. */
  tunnelSourceAddress: string | undefined;
  tunnelDestinationAddress: string | undefined;
  /** UID of the observed pod, where one observer looks at several. */
  podUid: string | undefined;
}
