import type { MetricDeclaration } from './metric-declaration.ts';

/** What policies and evidence say of all connections together, and how full the table of findings is. */
export const JUDGEMENT_METRICS = {
  findings: {
    name: 'podflow_flow_finding_series',
    type: 'gauge',
    unit: 'count',
    labels: [],
    help: 'Series that podflow_flow_findings_total has now, those called other not counted.',
  },
  findingOverflow: {
    name: 'podflow_flow_finding_overflow_total',
    type: 'counter',
    unit: 'count',
    labels: [],
    help: 'Findings that counted into a series called other because the cap was reached.',
  },
  policyVerdicts: {
    name: 'podflow_policy_verdicts_total',
    type: 'counter',
    unit: 'count',
    labels: ['verdict'],
    help: 'Connections begun, or told of by evidence of a drop alone, by what the NetworkPolicies say of them: allowed, denied, unknown.',
  },
  dropEvidencePackets: {
    name: 'podflow_drop_evidence_packets_total',
    type: 'counter',
    unit: 'count',
    labels: ['source', 'reason'],
    help: 'Packets that others than the observers of a flow say were dropped, by who says it: kernel (of a node), network_policy_agent, vpc_flow_log.',
  },
} as const satisfies Record<string, MetricDeclaration>;
