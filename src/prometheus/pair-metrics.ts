import type { Registry } from 'prom-client';
import { METRICS } from './metric-list.ts';
import type { PairCounters } from './pair-counters.ts';
import { registerGroup } from './register-group.ts';

/** Shows how full the table of pairs is; the pairs' own families are written by `PairCounters` itself. */
export function registerPairMetrics(registry: Registry, pairs: PairCounters): void {
  const { flowPairs, flowPairsExpired, flowPairOverflow } = METRICS;
  registerGroup(registry, [flowPairs, flowPairsExpired, flowPairOverflow], (report) => {
    const totals = pairs.totals();
    report(flowPairs, {}, totals.pairs);
    report(flowPairsExpired, {}, totals.expired);
    report(flowPairOverflow, {}, totals.overflowRecords);
  });
}
