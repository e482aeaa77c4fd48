import type { Registry } from 'prom-client';
import { METRICS } from '../metric-list.ts';
import { registerGroup } from '../register-group.ts';
import type { ConnectionCounters } from './connection-counters.ts';

/** Shows how full the tables of pairs are, and what policies and evidence say of all connections together; the pairs' own families are written by `ConnectionCounters` itself. */
export function registerConnectionMetrics(registry: Registry, counters: ConnectionCounters): void {
  const { pairs, pairsRemoved, pairOverflow, findings, findingOverflow } = METRICS;
  registerGroup(registry, [pairs, pairsRemoved, pairOverflow, findings, findingOverflow], (report) => {
    for (const [group, totals] of counters.totals()) {
      report(pairs, { group }, totals.pairs);
      report(pairsRemoved, { group, reason: 'idle' }, totals.expired);
      if (group === 'pod') report(pairsRemoved, { group, reason: 'pod_gone' }, totals.forgotten);
      report(pairOverflow, { group }, totals.overflowRecords);
    }
    const { series, overflow } = counters.findingTotals();
    report(findings, {}, series);
    report(findingOverflow, {}, overflow);
  });
  registerJudgements(registry, counters);
}

function registerJudgements(registry: Registry, counters: ConnectionCounters): void {
  const { policyVerdicts, dropEvidencePackets } = METRICS;
  registerGroup(registry, [policyVerdicts, dropEvidencePackets], (report) => {
    const { verdicts, evidencePackets } = counters.judgementTotals();
    for (const [verdict, connections] of Object.entries(verdicts)) report(policyVerdicts, { verdict }, connections);
    for (const [source, packetsByReason] of Object.entries(evidencePackets)) {
      for (const [reason, packets] of Object.entries(packetsByReason))
        report(dropEvidencePackets, { source, reason }, packets);
    }
  });
}
