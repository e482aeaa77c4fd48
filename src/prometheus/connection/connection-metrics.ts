import type { Registry } from 'prom-client';
import { METRICS } from '../metric-list.ts';
import { registerGroup } from '../register-group.ts';
import type { ConnectionCounters } from './connection-counters.ts';

/** Shows how full the tables of pairs are; the pairs' own families are written by `ConnectionCounters` itself. */
export function registerConnectionMetrics(registry: Registry, counters: ConnectionCounters): void {
  const { pairs, pairsRemoved, pairOverflow } = METRICS;
  registerGroup(registry, [pairs, pairsRemoved, pairOverflow], (report) => {
    for (const [group, totals] of counters.totals()) {
      report(pairs, { group }, totals.pairs);
      report(pairsRemoved, { group, reason: 'idle' }, totals.expired);
      if (group === 'pod') report(pairsRemoved, { group, reason: 'pod_gone' }, totals.forgotten);
      report(pairOverflow, { group }, totals.overflowRecords);
    }
  });
}
