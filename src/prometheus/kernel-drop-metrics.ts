import type { Registry } from 'prom-client';
import type { KernelDropCounters } from '../model/kernel-drop-counters.ts';
import { METRICS } from './metric-list.ts';
import { registerGroup } from './register-group.ts';

/** Shows what the kernel of a node says it dropped; the reasons are the kernel's own, a few hundred at most. */
export function registerKernelDropMetrics(registry: Registry, read: () => KernelDropCounters): void {
  const { kernelDropsActive, kernelDropPackets, kernelDropsSkipped, kernelDropRecords, kernelDropNamespaces } = METRICS;
  const losses = [kernelDropPackets, kernelDropsSkipped];
  registerGroup(registry, [kernelDropsActive, kernelDropNamespaces, ...losses, kernelDropRecords], (report) => {
    const counters = read();
    report(kernelDropsActive, {}, counters.isActive ? 1 : 0);
    report(kernelDropNamespaces, {}, counters.namespaces);
    for (const [reason, packets] of counters.packetsByReason) report(kernelDropPackets, { reason }, packets);
    for (const [reason, packets] of Object.entries(counters.skippedPackets))
      report(kernelDropsSkipped, { reason }, packets);
    report(kernelDropRecords, {}, counters.records);
  });
}
