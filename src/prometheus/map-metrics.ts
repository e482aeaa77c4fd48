import type { Registry } from 'prom-client';
import type { MapCounters } from '../model/map-counters.ts';
import { METRICS } from './metric-list.ts';
import { registerGroup } from './register-group.ts';

/** Shows what the map of who talks to whom holds. */
export function registerMapMetrics(registry: Registry, read: () => MapCounters): void {
  const { mapParties, mapEdges, mapOverflow, mapLate } = METRICS;
  registerGroup(registry, [mapParties, mapEdges, mapOverflow, mapLate], (report) => {
    const counters = read();
    report(mapParties, {}, counters.parties);
    report(mapEdges, {}, counters.edges);
    report(mapOverflow, {}, counters.overflowConnections);
    report(mapLate, {}, counters.lateConnections);
  });
}
