import type { Registry } from 'prom-client';
import type { ConntrackCounters, NatCounters } from '../model/conntrack-counters.ts';
import { METRICS } from './metric-list.ts';
import { registerGroup } from './register-group.ts';

/** Shows the mirror of the node's connections. */
export function registerConntrackMetrics(registry: Registry, read: () => ConntrackCounters): void {
  const { conntrackEntries, conntrackEndedEntries, conntrackSynchronised, conntrackEvents, conntrackOverruns } =
    METRICS;
  const { conntrackDumps, conntrackDumpInterruptions, conntrackLastDump } = METRICS;
  const { conntrackTableFull, conntrackEvicted, conntrackMalformed } = METRICS;
  const state = [conntrackEntries, conntrackEndedEntries, conntrackSynchronised, conntrackLastDump];
  const events = [conntrackEvents, conntrackOverruns, conntrackDumps, conntrackDumpInterruptions];
  const losses = [conntrackTableFull, conntrackEvicted, conntrackMalformed];
  registerGroup(registry, [...state, ...events, ...losses], (report) => {
    const counters = read();
    report(conntrackEntries, {}, counters.entries);
    report(conntrackEndedEntries, {}, counters.endedEntries);
    for (const source of ['netlink', 'command'])
      report(conntrackSynchronised, { source }, counters.isSynchronised && counters.source === source ? 1 : 0);
    report(conntrackLastDump, {}, counters.lastDumpSeconds);
    for (const [type, count] of Object.entries(counters.eventsByKind)) report(conntrackEvents, { type }, count);
    report(conntrackOverruns, {}, counters.overruns);
    for (const [reason, dumps] of Object.entries(counters.dumpsByReason)) report(conntrackDumps, { reason }, dumps);
    report(conntrackDumpInterruptions, {}, counters.dumpInterruptions);
    report(conntrackTableFull, {}, counters.tableFull);
    report(conntrackEvicted, {}, counters.evictedEntries);
    report(conntrackMalformed, {}, counters.malformedMessages);
  });
}

/** Shows what conntrack said of the records. */
export function registerNatMetrics(registry: Registry, read: () => NatCounters): void {
  const { natRecords, natSwappedRecords } = METRICS;
  registerGroup(registry, [natRecords, natSwappedRecords], (report) => {
    const { recordsByState, swappedRecords } = read();
    for (const [state, records] of Object.entries(recordsByState)) report(natRecords, { state }, records);
    report(natSwappedRecords, {}, swappedRecords);
  });
}
