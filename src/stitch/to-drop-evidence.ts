import type { DropEvidence, EvidenceSource } from '../model/drop-evidence.ts';
import type { DropReason } from '../model/drop-reason.ts';
import type { FlowRecord } from '../model/flow-record.ts';
import type { Resource } from '../model/resource.ts';

/** Of a record that has no reason. */
const REASON_OF_SOURCE: Readonly<Record<EvidenceSource, DropReason>> = {
  kernel: 'kernel_drop',
  network_policy_agent: 'policy_agent_deny',
  vpc_flow_log: 'vpc_reject',
};

/** What a record of evidence says; its observer tells the node. */
export function toDropEvidence(record: FlowRecord, observer: Resource): DropEvidence {
  const { evidence: source = 'kernel', dropReason, dropDetail: detail, dropPackets = 0, dropBytes = 0 } = record;
  const reason = dropReason ?? REASON_OF_SOURCE[source];
  return { source, reason, detail, packets: dropPackets, bytes: dropBytes, nodeName: toNodeName(observer) };
}

/** The node on which evidence was gathered, if told. */
export function toNodeName(observer: Resource): string | undefined {
  return observer.get('k8s.node.name');
}
