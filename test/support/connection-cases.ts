import type { Connection } from '../../src/model/connection.ts';
import { SYMPTOM_BIT } from '../../src/model/flow-symptom.ts';
import { createSampleConnection, NO_TRAFFIC, REFUSED, UDP_FACTS, UNANSWERED } from './sample-connections.ts';
import { createAllowed, createEvidence, createJudgement, createUnknown } from './sample-judgements.ts';
import { createEnd, createExternalEnd, createPodEnd, createService } from './sample-ends.ts';

const WEIRD_LABELS = {
  'quote"back\\slash': 'tab\there\nand there',
  umlaut: 'Grün',
  bee: '\u{1f41d}',
  lone: 'a\ud83d',
  control: '\u0001\u007f',
  'with\0nul': 'left out',
  '': 'left out',
  separator: '\u2028',
  __proto__x: 'plain',
};

/** Connections of every kind, by what is special about them. */
export const CONNECTION_CASES: Readonly<Record<string, Connection>> = {
  'TCP through a Service, seen by both': createSampleConnection({
    service: createService('cart'),
    dialledAddress: '10.96.0.10',
    dialledPort: 80,
    record: { event: 'start', sequence: 0, handshakeNs: 180_224 },
    serverRecord: { packets: 9, bytes: 1_349, retransmits: 0, rttNs: 90_112 },
  }),
  'seen by the client alone': createSampleConnection(),
  'seen by the server alone': createSampleConnection({
    perspectives: 'server',
    service: createService('cart', { via: 'Endpoint', portName: undefined }),
    record: { event: 'end', endReason: 'end_of_flow_detected', connectionState: 'closed' },
  }),
  'a SYN that nothing answers': createSampleConnection({ record: UNANSWERED }),
  'a port where nobody listens': createSampleConnection({ record: REFUSED }),
  'UDP over IPv6': createSampleConnection({
    source: createPodEnd('fd00:10:244:1::7', 'web', 7),
    destination: createPodEnd('fd00:10:244:2::9', 'dns', 9, { workloadKind: 'DaemonSet' }),
    destinationPort: 53,
    record: { ...UDP_FACTS, networkType: 'ipv6' },
  }),
  'a ping': createSampleConnection({
    sourcePort: undefined,
    destinationPort: undefined,
    record: { ...UDP_FACTS, transport: 'icmp', protocolNumber: 1, icmpType: 8, icmpCode: 0 },
  }),
  'to an address outside, masqueraded': createSampleConnection({
    destination: createExternalEnd('203.0.113.80'),
    destinationPort: 443,
    translatedSourceAddress: '192.0.2.11',
    translatedSourcePort: 61_234,
  }),
  'to a Service whose backend is not known': createSampleConnection({
    destination: createEnd('10.96.0.11', { kind: 'service', namespaceName: 'shop', serviceName: 'pay' }),
    record: { ...UNANSWERED, natState: 'unresolved' },
  }),
  'in a tunnel, of one pod among several': createSampleConnection({
    destination: createEnd('10.0.0.3', { kind: 'ambiguous', nodeName: 'node-3', candidateCount: 4 }),
    record: {
      tunnelType: 'vxlan',
      tunnelId: 7,
      tunnelSourceAddress: '10.0.0.1',
      tunnelDestinationAddress: '10.0.0.2',
      samplingRate: 16,
      podUid: '8f6d3c1e-2b4a-4c5d-9e7f-000000000007',
    },
  }),
  'from a pod with odd labels': createSampleConnection({
    source: createPodEnd('10.244.1.7', 'web', 7, { labels: WEIRD_LABELS, workloadKind: 'Rollout' }),
  }),
  'denied by a policy, and dropped by netfilter': createSampleConnection({
    service: createService('cart'),
    dialledAddress: '10.96.0.10',
    dialledPort: 80,
    record: { ...UNANSWERED, synRetries: 2 },
    dropReason: 'netfilter_drop',
    dropPlace: 'to_server',
    evidence: [createEvidence()],
    judgement: createJudgement(),
    finding: 'denied',
  }),
  'dropped though the policies allow it': createSampleConnection({
    record: { ...UNANSWERED, synRetries: 2 },
    serverRecord: { packets: 3 },
    dropPlace: 'at_server',
    judgement: createAllowed(),
    finding: 'unexplained',
  }),
  'answered though a policy denies it': createSampleConnection({
    record: { event: 'start', sequence: 0 },
    judgement: createJudgement(),
    finding: 'unexpectedly_allowed',
  }),
  'told by evidence alone, of two sources': createSampleConnection({
    perspectives: 'none',
    observer: new Map([
      ['service.version', '0.6.0'],
      ['host.name', 'ip-10-0-0-2'],
      ['k8s.node.name', 'node-1'],
      ['k8s.pod.name', 'podflow-node-x'],
    ]),
    record: { ...NO_TRAFFIC, evidence: 'network_policy_agent', dropReason: 'policy_agent_deny', dropPackets: 2 },
    evidence: [
      createEvidence({ packets: 2, bytes: 148 }),
      createEvidence({ source: 'network_policy_agent', reason: 'policy_agent_deny', detail: 'TIER', bytes: 0 }),
    ],
    judgement: createUnknown(),
  }),
  'with packets that were too big, and other troubles': createSampleConnection({
    record: { icmpMtuBytes: 1_400, symptoms: SYMPTOM_BIT.packet_too_big | SYMPTOM_BIT.retransmission_burst },
    serverRecord: { symptoms: SYMPTOM_BIT.zero_window },
    evidence: [
      createEvidence({ reason: 'queue_full', detail: undefined, packets: 1, bytes: 1_514, nodeName: undefined }),
    ],
  }),
  'of which little is known': createSampleConnection({
    source: createEnd('10.9.9.9', { clusterName: undefined }),
    destination: createEnd('10.9.9.8', { clusterName: undefined }),
    observer: new Map(),
    record: { ...UDP_FACTS, startNs: 0, endNs: 0, interfaceName: '', natState: undefined, verdict: 'unknown' },
  }),
};
