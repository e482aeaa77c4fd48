/** Declaration of one metric family; registration, exposition, documentation and the naming test come from it. */
export interface MetricDeclaration {
  readonly name: string;
  readonly type: 'counter' | 'gauge' | 'histogram';
  /** Base unit in which values are told; `count` for things counted, `info` for a constant 1. */
  readonly unit: 'bytes' | 'seconds' | 'count' | 'info';
  readonly labels: readonly string[];
  readonly help: string;
}

/** A pair: own pod → peer. `peer` is an address or `other` (beyond the cap), `role` the own pod's. */
const PAIR_LABELS = ['peer', 'role', 'server_port', 'transport'] as const;

/** Every metric that podflow itself exposes, once. */
export const METRICS = {
  buildInfo: {
    name: 'podflow_build_info',
    type: 'gauge',
    unit: 'info',
    labels: ['version', 'revision', 'node_version'],
    help: 'Constant 1, labelled with what runs.',
  },
  flowBytes: {
    name: 'podflow_probe_flow_bytes_total',
    type: 'counter',
    unit: 'bytes',
    labels: [...PAIR_LABELS, 'direction'],
    help: 'Bytes between the own pod and a peer, whole frames as the interface counts them.',
  },
  flowPackets: {
    name: 'podflow_probe_flow_packets_total',
    type: 'counter',
    unit: 'count',
    labels: [...PAIR_LABELS, 'direction'],
    help: 'Packets between the own pod and a peer, as the interface counts them.',
  },
  flowConnections: {
    name: 'podflow_probe_flow_connections_total',
    type: 'counter',
    unit: 'count',
    labels: PAIR_LABELS,
    help: 'Flows begun between the own pod and a peer.',
  },
  flowDropped: {
    name: 'podflow_probe_flow_dropped_total',
    type: 'counter',
    unit: 'count',
    labels: [...PAIR_LABELS, 'reason'],
    help: 'Flows that failed: dropped or rejected, each once per verdict.',
  },
  flowDroppedPackets: {
    name: 'podflow_probe_flow_dropped_packets_total',
    type: 'counter',
    unit: 'count',
    labels: PAIR_LABELS,
    help: 'Packets of failed attempts.',
  },
  flowRetransmits: {
    name: 'podflow_probe_flow_tcp_retransmits_total',
    type: 'counter',
    unit: 'count',
    labels: [...PAIR_LABELS, 'direction'],
    help: 'TCP segments below the highest sequence number seen.',
  },
  flowHandshake: {
    name: 'podflow_probe_flow_handshake_seconds',
    type: 'histogram',
    unit: 'seconds',
    labels: ['role'],
    help: 'TCP SYN to SYN-ACK as seen by the own pod: as client the network and the peer, as server the own pod.',
  },
  flowPairs: {
    name: 'podflow_probe_flow_pairs',
    type: 'gauge',
    unit: 'count',
    labels: [],
    help: 'Pairs that have series of their own now.',
  },
  flowPairsExpired: {
    name: 'podflow_probe_flow_pairs_expired_total',
    type: 'counter',
    unit: 'count',
    labels: [],
    help: 'Pairs whose series were removed because they had no traffic.',
  },
  flowPairOverflow: {
    name: 'podflow_probe_flow_pair_overflow_records_total',
    type: 'counter',
    unit: 'count',
    labels: [],
    help: 'Flow records that counted into peer="other" because the cap on pairs was reached.',
  },
  dnsQueries: {
    name: 'podflow_probe_dns_queries_total',
    type: 'counter',
    unit: 'count',
    labels: [],
    help: 'DNS queries seen, sent or received by the own pod over UDP.',
  },
  dnsResponses: {
    name: 'podflow_probe_dns_responses_total',
    type: 'counter',
    unit: 'count',
    labels: ['response_code'],
    help: 'DNS responses seen over UDP, by the response code in their header (RFC 6895).',
  },
  captureFrames: {
    name: 'podflow_capture_frames_total',
    type: 'counter',
    unit: 'count',
    labels: ['outcome'],
    help: 'Frames by what became of them: attributed to a flow, unattributed, non_ip, missed. Their sum is what the interface counted.',
  },
  captureBytes: {
    name: 'podflow_capture_bytes_total',
    type: 'counter',
    unit: 'bytes',
    labels: ['outcome'],
    help: 'Bytes of the frames of podflow_capture_frames_total.',
  },
  captureInterfaceFrames: {
    name: 'podflow_capture_interface_frames_total',
    type: 'counter',
    unit: 'count',
    labels: [],
    help: 'Frames that the interface itself counted since the capture began, both directions.',
  },
  captureInterfaceBytes: {
    name: 'podflow_capture_interface_bytes_total',
    type: 'counter',
    unit: 'bytes',
    labels: [],
    help: 'Bytes that the interface itself counted since the capture began, both directions.',
  },
  captureTaggedFrames: {
    name: 'podflow_capture_tagged_frames_total',
    type: 'counter',
    unit: 'count',
    labels: [],
    help: 'Frames received with a VLAN tag: each may be told 4 bytes shorter than the interface counted it.',
  },
  captureCopiedPackets: {
    name: 'podflow_capture_copied_packets_total',
    type: 'counter',
    unit: 'count',
    labels: [],
    help: 'Packets copied to user space to be read: DNS and ICMP errors.',
  },
  captureCopyLostPackets: {
    name: 'podflow_capture_copy_lost_packets_total',
    type: 'counter',
    unit: 'count',
    labels: [],
    help: 'Packets that were to be copied to user space and found no room.',
  },
  flowTableFlows: {
    name: 'podflow_flow_table_flows',
    type: 'gauge',
    unit: 'count',
    labels: [],
    help: 'Flows in the flow table now.',
  },
  flowTableFrames: {
    name: 'podflow_flow_table_frames_total',
    type: 'counter',
    unit: 'count',
    labels: ['outcome'],
    help: 'Attributed frames by what became of them: reported in a record, or table_full.',
  },
  flowTableRefusedFlows: {
    name: 'podflow_flow_table_refused_flows_total',
    type: 'counter',
    unit: 'count',
    labels: [],
    help: 'Flow deltas that found no room in the flow table.',
  },
  flowEnded: {
    name: 'podflow_flow_ended_total',
    type: 'counter',
    unit: 'count',
    labels: ['reason'],
    help: 'Flows that left the flow table, by IPFIX flowEndReason.',
  },
  stageRecords: {
    name: 'podflow_stage_records_total',
    type: 'counter',
    unit: 'count',
    labels: ['stage', 'outcome', 'reason'],
    help: 'Records of a stage: received = forwarded + dropped + held. A reason is told with dropped only.',
  },
  stageFrames: {
    name: 'podflow_stage_frames_total',
    type: 'counter',
    unit: 'count',
    labels: ['stage', 'outcome', 'reason'],
    help: 'Frames that the records of podflow_stage_records_total report.',
  },
  stageHeldRecords: {
    name: 'podflow_stage_held_records',
    type: 'gauge',
    unit: 'count',
    labels: ['stage'],
    help: 'Records that a stage holds now.',
  },
  stageHeldFrames: {
    name: 'podflow_stage_held_frames',
    type: 'gauge',
    unit: 'count',
    labels: ['stage'],
    help: 'Frames that the held records report.',
  },
  otlpRequests: {
    name: 'podflow_otlp_requests_total',
    type: 'counter',
    unit: 'count',
    labels: ['outcome'],
    help: 'OTLP requests by outcome: sent (taken), retry (to be sent again), rejected (refused for good).',
  },
  otlpRetries: {
    name: 'podflow_otlp_retries_total',
    type: 'counter',
    unit: 'count',
    labels: [],
    help: 'OTLP requests that repeated an earlier one.',
  },
  otlpQueueRecords: {
    name: 'podflow_otlp_queue_records',
    type: 'gauge',
    unit: 'count',
    labels: [],
    help: 'Records that wait to be sent by OTLP.',
  },
  otlpSentBytes: {
    name: 'podflow_otlp_sent_bytes_total',
    type: 'counter',
    unit: 'bytes',
    labels: [],
    help: 'Bodies of taken OTLP requests, as they went over the wire.',
  },
  otlpSentRecords: {
    name: 'podflow_otlp_sent_records_total',
    type: 'counter',
    unit: 'count',
    labels: [],
    help: 'Records in taken OTLP requests.',
  },
  otlpLastSuccess: {
    name: 'podflow_otlp_last_success_timestamp_seconds',
    type: 'gauge',
    unit: 'seconds',
    labels: [],
    help: 'When the last OTLP request was taken, since the Unix epoch.',
  },
} as const satisfies Record<string, MetricDeclaration>;
