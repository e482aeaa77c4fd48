import { int, MOST, text, word, type FlowAttribute } from './flow-attribute.ts';
import { NAT_STATES, TUNNEL_TYPES } from './flow-record.ts';

/** What a node tells of a flow: its translation, its tunnel, its pod. */
export const NODE_ATTRIBUTES: readonly FlowAttribute[] = [
  word(
    'flow.nat.state',
    'none, translated, unresolved: what the node’s conntrack table says',
    NAT_STATES,
    (r) => r.natState,
    (r, v) => (r.natState = v),
  ),
  text(
    'flow.nat.source.address',
    'source of the delivered tuple, when translated',
    (r) => r.natSourceAddress,
    (r, v) => (r.natSourceAddress = v),
  ),
  int(
    'flow.nat.source.port',
    'the same',
    (r) => r.natSourcePort,
    (r, v) => (r.natSourcePort = v),
    MOST.port,
  ),
  text(
    'flow.nat.destination.address',
    'destination of the delivered tuple: the backend behind a Service',
    (r) => r.natDestinationAddress,
    (r, v) => (r.natDestinationAddress = v),
  ),
  int(
    'flow.nat.destination.port',
    'the same',
    (r) => r.natDestinationPort,
    (r, v) => (r.natDestinationPort = v),
    MOST.port,
  ),
  text(
    'flow.nat.community_id',
    'Community ID v1 of the delivered tuple',
    (r) => r.natCommunityId,
    (r, v) => (r.natCommunityId = v),
  ),
  text(
    'flow.nat.original.source.address',
    'source as the client dialled, where the observed tuple is the delivered one',
    (r) => r.natOriginalSourceAddress,
    (r, v) => (r.natOriginalSourceAddress = v),
  ),
  int(
    'flow.nat.original.source.port',
    'the same',
    (r) => r.natOriginalSourcePort,
    (r, v) => (r.natOriginalSourcePort = v),
    MOST.port,
  ),
  text(
    'flow.nat.original.destination.address',
    'destination as the client dialled, likewise',
    (r) => r.natOriginalDestinationAddress,
    (r, v) => (r.natOriginalDestinationAddress = v),
  ),
  int(
    'flow.nat.original.destination.port',
    'the same',
    (r) => r.natOriginalDestinationPort,
    (r, v) => (r.natOriginalDestinationPort = v),
    MOST.port,
  ),
  word(
    'tunnel.type',
    'vxlan, geneve: the record tells the inner flow, its bytes are those of the outer frames',
    TUNNEL_TYPES,
    (r) => r.tunnelType,
    (r, v) => (r.tunnelType = v),
  ),
  int(
    'tunnel.id',
    'VXLAN or Geneve network identifier',
    (r) => r.tunnelId,
    (r, v) => (r.tunnelId = v),
    MOST.tunnelId,
  ),
  text(
    'tunnel.source.address',
    'tunnel end on the side of the source',
    (r) => r.tunnelSourceAddress,
    (r, v) => (r.tunnelSourceAddress = v),
  ),
  text(
    'tunnel.destination.address',
    'tunnel end on the side of the destination',
    (r) => r.tunnelDestinationAddress,
    (r, v) => (r.tunnelDestinationAddress = v),
  ),
  text(
    'k8s.pod.uid',
    'the observed pod, where one observer looks at several',
    (r) => r.podUid,
    (r, v) => (r.podUid = v),
  ),
];
