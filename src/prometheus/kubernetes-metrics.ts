import type { Registry } from 'prom-client';
import type { KubernetesKindCounters, NameIndexCounters } from '../model/kubernetes-counters.ts';
import { METRICS } from './metric-list.ts';
import { registerGroup, type Report } from './register-group.ts';

/** Shows what is watched, and how old it is. */
export function registerKubernetesMetrics(registry: Registry, read: () => readonly KubernetesKindCounters[]): void {
  const { kubernetesObjects, kubernetesListed, kubernetesWatching, kubernetesPermitted } = METRICS;
  const { kubernetesEvents, kubernetesLists, kubernetesWatchEnds, kubernetesNewestEventAge } = METRICS;
  const state = [kubernetesObjects, kubernetesListed, kubernetesWatching, kubernetesPermitted];
  const events = [kubernetesEvents, kubernetesLists, kubernetesWatchEnds, kubernetesNewestEventAge];
  registerGroup(registry, [...state, ...events], (report) => {
    for (const counters of read()) reportKind(report, counters);
  });
}

function reportKind(report: Report, counters: KubernetesKindCounters): void {
  const { kind, newestEventAgeMs: ageMs } = counters;
  report(METRICS.kubernetesObjects, { kind }, counters.objects);
  report(METRICS.kubernetesListed, { kind }, counters.isListed ? 1 : 0);
  report(METRICS.kubernetesWatching, { kind }, counters.isWatching ? 1 : 0);
  report(METRICS.kubernetesPermitted, { kind }, counters.isPermitted ? 1 : 0);
  for (const [type, events] of Object.entries(counters.events))
    report(METRICS.kubernetesEvents, { kind, type }, events);
  report(METRICS.kubernetesLists, { kind }, counters.lists);
  for (const [reason, ends] of Object.entries(counters.watchEnds))
    report(METRICS.kubernetesWatchEnds, { kind, reason }, ends);
  report(METRICS.kubernetesNewestEventAge, { kind }, ageMs === undefined ? undefined : ageMs / 1_000);
}

/** Shows what the index of names holds. */
export function registerNameIndexMetrics(registry: Registry, read: () => NameIndexCounters): void {
  const { nameIndexIntervals, nameIndexServices, nameIndexNodes, kubernetesUnusable } = METRICS;
  const group = [nameIndexIntervals, nameIndexServices, nameIndexNodes, kubernetesUnusable];
  registerGroup(registry, group, (report) => {
    const counters = read();
    report(nameIndexIntervals, {}, counters.addressIntervals);
    report(nameIndexServices, {}, counters.services);
    report(nameIndexNodes, {}, counters.nodes);
    for (const [kind, objects] of Object.entries(counters.unusableObjects))
      report(kubernetesUnusable, { kind }, objects);
  });
}
