import type { Connection } from '../../model/connection.ts';
import type { EvidenceSource } from '../../model/drop-evidence.ts';
import type { DropReason } from '../../model/drop-reason.ts';
import type { PolicyVerdict } from '../../model/policy-judgement.ts';

export interface JudgementTotals {
  /** Connections by what the policies say of them. */
  readonly verdicts: Readonly<Record<PolicyVerdict, number>>;
  /** Packets that evidence says were dropped. */
  readonly evidencePackets: Readonly<Record<EvidenceSource, Readonly<Partial<Record<DropReason, number>>>>>;
}

/** What each source is known to say: it stands at 0 from the start, since Prometheus makes no rate of what begins above. */
const USUAL_REASONS: Readonly<Record<EvidenceSource, readonly DropReason[]>> = {
  kernel: ['netfilter_drop', 'no_socket', 'queue_full', 'checksum_error', 'reverse_path_filter', 'kernel_drop'],
  network_policy_agent: ['policy_agent_deny'],
  vpc_flow_log: ['vpc_reject'],
};

/** Counts judgement and evidence of all connections together. */
export class JudgementTally {
  readonly #verdicts: Record<PolicyVerdict, number> = { allowed: 0, denied: 0, unknown: 0 };
  readonly #evidencePackets: Record<EvidenceSource, Partial<Record<DropReason, number>>> = {
    kernel: toZeros('kernel'),
    network_policy_agent: toZeros('network_policy_agent'),
    vpc_flow_log: toZeros('vpc_flow_log'),
  };

  /** @param isNewFailure whether the report makes its connection a failed one */
  count({ judgement, evidence, perspectives, flowsBegun }: Connection, isNewFailure: boolean): void {
    if (judgement !== undefined) {
      const connections = perspectives === 'none' ? Number(isNewFailure) : flowsBegun;
      this.#verdicts[judgement.verdict] += connections;
    }
    for (const { source, reason, packets } of evidence) {
      const ofSource = this.#evidencePackets[source];
      ofSource[reason] = (ofSource[reason] ?? 0) + packets;
    }
  }

  totals(): JudgementTotals {
    return { verdicts: this.#verdicts, evidencePackets: this.#evidencePackets };
  }
}

function toZeros(source: EvidenceSource): Partial<Record<DropReason, number>> {
  return Object.fromEntries(USUAL_REASONS[source].map((reason) => [reason, 0]));
}
