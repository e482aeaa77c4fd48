import type { MetricDeclaration } from './metric-declaration.ts';

/**
 * A pair: client → server, each by the workload that owns the pod. `*_kind` is that of the end: pod, service, node,
 * external, unknown or ambiguous.
 */
const WORKLOAD_LABELS = [
  'src_namespace',
  'src_workload',
  'src_kind',
  'dst_namespace',
  'dst_workload',
  'dst_kind',
  'dst_service',
  'transport',
] as const;
const POD_LABELS = [...WORKLOAD_LABELS, 'src_pod', 'dst_pod'] as const;

/** The families of the enrichment service, per pair of workloads and per pair of pods. */
export const PAIR_METRICS = {
  workloadBytes: {
    name: 'podflow_flow_bytes_total',
    type: 'counter',
    unit: 'bytes',
    labels: [...WORKLOAD_LABELS, 'direction'],
    help: "Bytes between two workloads, whole frames as the client's interface counts them (the server's where only that is observed). Each connection counts once; summed over direction it is what that interface carried.",
  },
  workloadPackets: {
    name: 'podflow_flow_packets_total',
    type: 'counter',
    unit: 'count',
    labels: [...WORKLOAD_LABELS, 'direction'],
    help: 'Packets between two workloads, counted like podflow_flow_bytes_total.',
  },
  workloadConnections: {
    name: 'podflow_flow_connections_total',
    type: 'counter',
    unit: 'count',
    labels: WORKLOAD_LABELS,
    help: 'Connections begun between two workloads; flows of protocols that have none.',
  },
  workloadDropped: {
    name: 'podflow_flow_dropped_total',
    type: 'counter',
    unit: 'count',
    labels: [...WORKLOAD_LABELS, 'reason'],
    help: 'Connections between two workloads that failed: dropped or rejected, each once per verdict.',
  },
  workloadDroppedPackets: {
    name: 'podflow_flow_dropped_packets_total',
    type: 'counter',
    unit: 'count',
    labels: WORKLOAD_LABELS,
    help: 'Packets of failed attempts between two workloads.',
  },
  workloadRetransmits: {
    name: 'podflow_flow_tcp_retransmits_total',
    type: 'counter',
    unit: 'count',
    labels: [...WORKLOAD_LABELS, 'direction'],
    help: 'TCP segments below the highest sequence number seen, between two workloads.',
  },
  workloadLostPackets: {
    name: 'podflow_flow_lost_packets_total',
    type: 'counter',
    unit: 'count',
    labels: [...WORKLOAD_LABELS, 'direction'],
    help: "Packets that one end's observer saw go and the other's did not see come; shown once both ends of the pair were observed. Packets on their way at the end of an interval count as lost until they arrive in the next: the counter is the highest value of that sum so far.",
  },
  workloadSymptoms: {
    name: 'podflow_flow_symptoms_total',
    type: 'counter',
    unit: 'count',
    labels: [...WORKLOAD_LABELS, 'symptom'],
    help: 'Reports (connections in an interval) between two workloads in which something went wrong, whether or not they got through: reset, retransmission_burst, zero_window, unanswered (unicast UDP of one side alone), packet_too_big.',
  },
  workloadFindings: {
    name: 'podflow_flow_findings_total',
    type: 'counter',
    unit: 'count',
    labels: [...WORKLOAD_LABELS, 'finding', 'policy_namespace', 'policy', 'policy_direction'],
    help: 'Connections between two workloads where what happened and what the NetworkPolicies say are worth a look: denied (failed, and a policy denies it), unexplained (dropped, though the policies allow it; names no policy), unexpectedly_allowed (answered, though a policy denies it). The policy is the first that selects the pod of the denying direction, ingress or egress.',
  },
  workloadRtt: {
    name: 'podflow_flow_rtt_seconds',
    type: 'histogram',
    unit: 'seconds',
    labels: WORKLOAD_LABELS,
    help: "Smoothed TCP round trip as the client's observer measures it, once for each connection and report interval.",
  },
  workloadHandshake: {
    name: 'podflow_flow_handshake_seconds',
    type: 'histogram',
    unit: 'seconds',
    labels: WORKLOAD_LABELS,
    help: "TCP SYN to SYN-ACK as the client's observer measures it, once for each connection.",
  },
  podBytes: {
    name: 'podflow_pod_flow_bytes_total',
    type: 'counter',
    unit: 'bytes',
    labels: [...POD_LABELS, 'direction'],
    help: 'Bytes between two pods, counted like podflow_flow_bytes_total.',
  },
  podPackets: {
    name: 'podflow_pod_flow_packets_total',
    type: 'counter',
    unit: 'count',
    labels: [...POD_LABELS, 'direction'],
    help: 'Packets between two pods, counted like podflow_flow_bytes_total.',
  },
  podConnections: {
    name: 'podflow_pod_flow_connections_total',
    type: 'counter',
    unit: 'count',
    labels: POD_LABELS,
    help: 'Connections begun between two pods; flows of protocols that have none.',
  },
  podDropped: {
    name: 'podflow_pod_flow_dropped_total',
    type: 'counter',
    unit: 'count',
    labels: [...POD_LABELS, 'reason'],
    help: 'Connections between two pods that failed: dropped or rejected, each once per verdict.',
  },
  podDroppedPackets: {
    name: 'podflow_pod_flow_dropped_packets_total',
    type: 'counter',
    unit: 'count',
    labels: POD_LABELS,
    help: 'Packets of failed attempts between two pods.',
  },
  podRetransmits: {
    name: 'podflow_pod_flow_tcp_retransmits_total',
    type: 'counter',
    unit: 'count',
    labels: [...POD_LABELS, 'direction'],
    help: 'TCP segments below the highest sequence number seen, between two pods.',
  },
} as const satisfies Record<string, MetricDeclaration>;
