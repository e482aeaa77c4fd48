import { toFields, type DocumentField, type FieldRow } from './document-field.ts';

/** Below `source.kubernetes` and `destination.kubernetes`: as Beats call them, as far as these have a name. */
const KUBERNETES_ROWS: readonly FieldRow[] = [
  ['namespace', 'keyword', 'of the pod or Service'],
  ['pod.name', 'keyword', 'the pod'],
  ['pod.uid', 'keyword', 'its UID'],
  ['node.name', 'keyword', 'its node, or the node itself'],
  ['deployment.name', 'keyword', 'the workload, where it is a Deployment'],
  ['statefulset.name', 'keyword', 'likewise'],
  ['daemonset.name', 'keyword', 'likewise'],
  ['replicaset.name', 'keyword', 'likewise'],
  ['job.name', 'keyword', 'likewise'],
  ['cronjob.name', 'keyword', 'likewise'],
  ['container.name', 'keyword', 'the pod’s only container'],
];

const NAME_ROWS: readonly FieldRow[] = [
  ['workload.kind', 'keyword', 'kind of the topmost owner; Pod for a bare one'],
  ['workload.name', 'keyword', 'its name'],
  ['service.name', 'keyword', 'the Service through which the connection was made'],
  ['labels', 'flattened', 'labels of the pod'],
];

const FATE_ROWS: readonly FieldRow[] = [
  ['perspectives', 'keyword', 'who told: both, client, server; none: only evidence of a drop'],
  ['verdict', 'keyword', 'forwarded, dropped, rejected, unknown'],
  ['initiator', 'keyword', 'how the client was told from the server: syn, conntrack, guess'],
  ['connections', 'long', 'connections that began in the interval'],
  ['flow.id', 'keyword', 'the flow at its observer'],
  ['flow.end_reason', 'keyword', 'IPFIX flowEndReason, of an ended one'],
  ['drop.reason', 'keyword', 'why dropped or rejected'],
  ['drop.place', 'keyword', 'where it was lost, both ends being observed: to_server, at_server, to_client'],
  [
    'drop.detail',
    'keyword',
    'the word of who dropped it: the kernel’s reason, a policy agent’s tier, a flow log’s reason',
  ],
  ['drop.packets', 'long', 'packets of the failed attempt'],
  ['drop.bytes', 'long', 'its bytes'],
  ['sampling_rate', 'long', 'absent: every packet'],
];

const JUDGEMENT_ROWS: readonly FieldRow[] = [
  ['symptoms', 'keyword[]', 'reset, retransmission_burst, zero_window, unanswered, packet_too_big'],
  ['evidence.source', 'keyword[]', 'who else says it was dropped: kernel, network_policy_agent, vpc_flow_log'],
  ['evidence.reason', 'keyword[]', 'why, as they say'],
  ['evidence.detail', 'keyword[]', 'their own words for it'],
  ['evidence.node', 'keyword[]', 'where it was dropped'],
  ['evidence.packets', 'long', 'packets that they saw dropped, all together'],
  ['evidence.bytes', 'long', 'likewise'],
  ['policy.verdict', 'keyword', 'what the NetworkPolicies say: allowed, denied, unknown'],
  ['policy.direction', 'keyword', 'which direction decides, where they do not allow it: ingress, egress'],
  ['policy.cause', 'keyword', 'why it does: no_rule_for_peer, no_rule_for_port, no_rules, host_network, …'],
  ['policy.namespace', 'keyword', 'namespace of the policy to look at, where they deny it'],
  ['policy.name', 'keyword', 'its name'],
  ['policy.why', 'keyword', 'in a sentence: the policies that select the pod, and what no rule admits'],
  [
    'finding',
    'keyword',
    'denied: failed, and a policy denies it; unexplained: dropped though allowed; unexpectedly_allowed: answered though denied',
  ],
];

const END_ROWS: readonly FieldRow[] = [
  ['kind', 'keyword', 'pod, service, node, external, unknown, ambiguous'],
  ['zone', 'keyword', 'topology zone of its node'],
  ['candidates', 'long', 'pods that it might be, of an ambiguous one'],
];

const TRANSLATION_ROWS: readonly FieldRow[] = [
  ['service.port_name', 'keyword', 'name of the Service’s port'],
  [
    'service.via',
    'keyword',
    'what was dialled of it: ClusterIP, NodePort, LoadBalancer, ExternalIP; Endpoint: a backend',
  ],
  ['dialled.ip', 'ip', 'what the client dialled, where that is not the destination'],
  ['dialled.port', 'long', 'likewise'],
  ['dialled.community_id', 'keyword', 'Community ID of the tuple as dialled'],
  ['nat.state', 'keyword', 'what conntrack says: none, translated, unresolved'],
  ['nat.community_id', 'keyword', 'Community ID of the tuple that the server sees, where that is another'],
  ['tunnel.type', 'keyword', 'vxlan, geneve: bytes are those of the outer frames'],
  ['tunnel.id', 'long', 'network identifier'],
  ['tunnel.source_ip', 'ip', 'tunnel end on the side of the source'],
  ['tunnel.destination_ip', 'ip', 'tunnel end on the side of the destination'],
];

const PROTOCOL_ROWS: readonly FieldRow[] = [
  ['tcp.state', 'keyword', 'state as far as packets tell it'],
  ['tcp.flags', 'keyword[]', 'flags that the source sent in the interval'],
  ['tcp.reverse_flags', 'keyword[]', 'flags that the destination sent'],
  ['tcp.retransmits', 'long', 'segments that the source sent again'],
  ['tcp.reverse_retransmits', 'long', 'segments that the destination sent again'],
  ['tcp.syn_retries', 'long', 'SYNs after the first, so far'],
  ['tcp.handshake_ns', 'long', 'SYN to SYN-ACK'],
  ['tcp.rtt_ns', 'long', 'smoothed, segment to acknowledgement'],
  ['icmp.type', 'long', 'of the initiator'],
  ['icmp.code', 'long', 'of the initiator'],
  ['icmp.mtu', 'long', 'next-hop MTU that a router asked for'],
];

const COMPARISON_ROWS: readonly FieldRow[] = [
  ['lost.packets', 'long', 'sent by the client, not seen at the server; below 0 when they came an interval later'],
  ['lost.bytes', 'long', 'likewise'],
  ['lost.reverse_packets', 'long', 'sent by the server, not seen at the client'],
  ['lost.reverse_bytes', 'long', 'likewise'],
  ['server.bytes', 'long', 'source to destination, as counted at the server'],
  ['server.packets', 'long', 'likewise'],
  ['server.reverse_bytes', 'long', 'destination to source, as counted at the server'],
  ['server.reverse_packets', 'long', 'likewise'],
  ['server.retransmits', 'long', 'as seen at the server'],
  ['server.reverse_retransmits', 'long', 'likewise'],
  ['server.rtt_ns', 'long', 'likewise'],
];

/** Fields that the Elastic Common Schema does not have. */
export const OWN_FIELDS: readonly DocumentField[] = [
  ...toFields('beats', '', [['type', 'keyword', 'flow: Kibana’s overview counts by it']]),
  ...['source', 'destination'].flatMap((side) => [
    ...toFields('beats', `${side}.kubernetes`, KUBERNETES_ROWS),
    ...toFields('own', `${side}.kubernetes`, NAME_ROWS),
    ...toFields('own', `podflow.${side}`, END_ROWS),
  ]),
  ...toFields('own', 'podflow', [
    ...FATE_ROWS,
    ...JUDGEMENT_ROWS,
    ...TRANSLATION_ROWS,
    ...PROTOCOL_ROWS,
    ...COMPARISON_ROWS,
  ]),
];
