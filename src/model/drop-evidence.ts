import type { DropReason } from './drop-reason.ts';

/** Who says that packets were dropped, beside the packets of the flow themselves. */
export const EVIDENCE_SOURCES = ['kernel', 'network_policy_agent', 'vpc_flow_log'] as const;
export type EvidenceSource = (typeof EVIDENCE_SOURCES)[number];

/**
 * What one source says of one connection in one interval.
 *
 * On its way it is a flow record whose `evidence` names the source (`flow.evidence`): source and destination are those
 * of the dropped packets, its traffic counters are 0, since no observer counted a frame there, and `dropPackets` and
 * `dropBytes` say what was dropped. It is joined to the connection whose tuple it has; where nothing else told of that
 * connection, it is one by itself.
 */
export interface DropEvidence {
  readonly source: EvidenceSource;
  readonly reason: DropReason;
  /** The source's own word: `NETFILTER_DROP` of the kernel, the tier of a policy agent, the reason of a VPC flow log. */
  readonly detail: string | undefined;
  readonly packets: number;
  readonly bytes: number;
  /** Where it was dropped, if told. */
  readonly nodeName: string | undefined;
}
