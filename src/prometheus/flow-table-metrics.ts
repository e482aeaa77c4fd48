import type { Registry } from 'prom-client';
import type { FlowCounters } from '../model/flow-counters.ts';
import { METRICS } from './metric-list.ts';
import { registerGroup } from './register-group.ts';

/** Shows what the flow table holds, told and refused. */
export function registerFlowTableMetrics(registry: Registry, read: () => FlowCounters): void {
  const { flowTableFlows, flowTableFrames, flowTableRefusedFlows, flowEnded } = METRICS;
  registerGroup(registry, [flowTableFlows, flowTableFrames, flowTableRefusedFlows, flowEnded], (report) => {
    const counters = read();
    report(flowTableFlows, {}, counters.activeFlows);
    report(flowTableFrames, { outcome: 'reported' }, counters.reportedFrames);
    report(flowTableFrames, { outcome: 'table_full' }, counters.tableFullFrames);
    report(flowTableRefusedFlows, {}, counters.tableFullFlows);
    for (const [reason, flows] of Object.entries(counters.endedByReason)) report(flowEnded, { reason }, flows);
  });
}
