import type { FlowRecord } from './flow-record.ts';

/** OTLP value types used by the record. */
export type AttributeType = 'string' | 'int';

/** One attribute of the `network.flow` log record. */
export interface FlowAttribute {
  readonly name: string;
  readonly type: AttributeType;
  readonly meaning: string;
  /** The value in a record, undefined where it is absent. */
  readonly read: (record: FlowRecord) => string | number | undefined;
}

/** `event_name` of every flow log record. */
export const FLOW_EVENT_NAME = 'network.flow';

/**
 * The attributes that probe and node emit, in the order in which they are written. OTLP in both encodings, NDJSON and
 * the documentation come from this list. Names follow the OpenTelemetry semantic conventions where they have one.
 */
export const FLOW_ATTRIBUTES: readonly FlowAttribute[] = [
  { name: 'flow.id', type: 'string', meaning: "stable for the flow's life at this probe", read: (r) => r.flowId },
  { name: 'flow.sequence', type: 'int', meaning: 'number of the report, from 0', read: (r) => r.sequence },
  { name: 'flow.event', type: 'string', meaning: 'start, update, end', read: (r) => r.event },
  { name: 'flow.end_reason', type: 'string', meaning: 'IPFIX flowEndReason', read: (r) => r.endReason },
  { name: 'flow.start', type: 'int', meaning: 'first packet of the interval, ns since epoch', read: (r) => r.startNs },
  { name: 'flow.end', type: 'int', meaning: 'last packet of the interval, ns since epoch', read: (r) => r.endNs },
  {
    name: 'flow.community_id',
    type: 'string',
    meaning: 'Community ID v1 of the tuple on the wire',
    read: (r) => r.communityId,
  },
  {
    name: 'flow.direction',
    type: 'string',
    meaning: "initiator's direction seen from the observed pod: ingress, egress, unknown",
    read: (r) => r.direction,
  },
  {
    name: 'flow.initiator',
    type: 'string',
    meaning: 'how the initiator was told: syn, conntrack, guess',
    read: (r) => r.initiator,
  },
  { name: 'source.address', type: 'string', meaning: 'initiator, as dialled', read: (r) => r.sourceAddress },
  { name: 'source.port', type: 'int', meaning: 'absent for protocols without ports', read: (r) => r.sourcePort },
  { name: 'destination.address', type: 'string', meaning: 'other side, as dialled', read: (r) => r.destinationAddress },
  {
    name: 'destination.port',
    type: 'int',
    meaning: 'absent for protocols without ports',
    read: (r) => r.destinationPort,
  },
  { name: 'network.transport', type: 'string', meaning: 'lower-case IANA name', read: (r) => r.transport },
  { name: 'network.type', type: 'string', meaning: 'ipv4, ipv6', read: (r) => r.networkType },
  { name: 'network.protocol.number', type: 'int', meaning: 'IANA protocol number', read: (r) => r.protocolNumber },
  {
    name: 'network.interface.name',
    type: 'string',
    meaning: 'the observed interface',
    read: (r) => r.interfaceName,
  },
  {
    name: 'network.connection.state',
    type: 'string',
    meaning: 'TCP state as far as packets tell it',
    read: (r) => r.connectionState,
  },
  { name: 'flow.bytes.delta', type: 'int', meaning: 'source → destination, whole frames', read: (r) => r.bytes },
  { name: 'flow.packets.delta', type: 'int', meaning: 'source → destination', read: (r) => r.packets },
  { name: 'flow.reverse.bytes.delta', type: 'int', meaning: 'destination → source', read: (r) => r.reverseBytes },
  { name: 'flow.reverse.packets.delta', type: 'int', meaning: 'destination → source', read: (r) => r.reversePackets },
  { name: 'flow.tcp.flags.bits', type: 'int', meaning: 'union of the interval', read: (r) => r.tcpFlags },
  {
    name: 'flow.reverse.tcp.flags.bits',
    type: 'int',
    meaning: 'union of the interval',
    read: (r) => r.reverseTcpFlags,
  },
  {
    name: 'flow.tcp.retransmits.delta',
    type: 'int',
    meaning: 'segments below the highest sequence seen',
    read: (r) => r.retransmits,
  },
  {
    name: 'flow.reverse.tcp.retransmits.delta',
    type: 'int',
    meaning: 'the same, destination → source',
    read: (r) => r.reverseRetransmits,
  },
  { name: 'flow.tcp.handshake.latency', type: 'int', meaning: 'SYN to SYN-ACK, ns', read: (r) => r.handshakeNs },
  {
    name: 'flow.tcp.rndtrip.latency',
    type: 'int',
    meaning: 'smoothed segment to acknowledgement, ns',
    read: (r) => r.rttNs,
  },
  { name: 'flow.icmp.type.id', type: 'int', meaning: 'ICMP type of the initiator', read: (r) => r.icmpType },
  { name: 'flow.icmp.code.id', type: 'int', meaning: 'ICMP code of the initiator', read: (r) => r.icmpCode },
  { name: 'flow.verdict', type: 'string', meaning: 'forwarded, dropped, rejected, unknown', read: (r) => r.verdict },
  { name: 'flow.drop.reason', type: 'string', meaning: 'why dropped or rejected', read: (r) => r.dropReason },
  {
    name: 'flow.drop.packets.delta',
    type: 'int',
    meaning: 'packets of the failed attempt',
    read: (r) => r.dropPackets,
  },
  { name: 'flow.drop.bytes.delta', type: 'int', meaning: 'bytes of the failed attempt', read: (r) => r.dropBytes },
  { name: 'flow.sampling.rate', type: 'int', meaning: '1 = every packet', read: (r) => r.samplingRate },
  {
    name: 'flow.nat.state',
    type: 'string',
    meaning: 'none, translated, unresolved: what the node’s conntrack table says',
    read: (r) => r.natState,
  },
  {
    name: 'flow.nat.source.address',
    type: 'string',
    meaning: 'source of the delivered tuple, when translated',
    read: (r) => r.natSourceAddress,
  },
  { name: 'flow.nat.source.port', type: 'int', meaning: 'the same', read: (r) => r.natSourcePort },
  {
    name: 'flow.nat.destination.address',
    type: 'string',
    meaning: 'destination of the delivered tuple: the backend behind a Service',
    read: (r) => r.natDestinationAddress,
  },
  { name: 'flow.nat.destination.port', type: 'int', meaning: 'the same', read: (r) => r.natDestinationPort },
  {
    name: 'flow.nat.community_id',
    type: 'string',
    meaning: 'Community ID v1 of the delivered tuple',
    read: (r) => r.natCommunityId,
  },
  {
    name: 'flow.nat.original.source.address',
    type: 'string',
    meaning: 'source as the client dialled, where the observed tuple is the delivered one',
    read: (r) => r.natOriginalSourceAddress,
  },
  { name: 'flow.nat.original.source.port', type: 'int', meaning: 'the same', read: (r) => r.natOriginalSourcePort },
  {
    name: 'flow.nat.original.destination.address',
    type: 'string',
    meaning: 'destination as the client dialled, likewise',
    read: (r) => r.natOriginalDestinationAddress,
  },
  {
    name: 'flow.nat.original.destination.port',
    type: 'int',
    meaning: 'the same',
    read: (r) => r.natOriginalDestinationPort,
  },
  {
    name: 'tunnel.type',
    type: 'string',
    meaning: 'vxlan, geneve: the record tells the inner flow, its bytes are those of the outer frames',
    read: (r) => r.tunnelType,
  },
  { name: 'tunnel.id', type: 'int', meaning: 'VXLAN or Geneve network identifier', read: (r) => r.tunnelId },
  {
    name: 'tunnel.source.address',
    type: 'string',
    meaning: 'tunnel end on the side of the source',
    read: (r) => r.tunnelSourceAddress,
  },
  {
    name: 'tunnel.destination.address',
    type: 'string',
    meaning: 'tunnel end on the side of the destination',
    read: (r) => r.tunnelDestinationAddress,
  },
  {
    name: 'k8s.pod.uid',
    type: 'string',
    meaning: 'the observed pod, where one observer looks at several',
    read: (r) => r.podUid,
  },
];
