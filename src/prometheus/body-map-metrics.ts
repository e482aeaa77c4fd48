import type { Registry } from 'prom-client';
import type { BodyMapCounters } from '../model/body-map-counters.ts';
import { METRICS } from './metric-list.ts';
import { registerGroup } from './register-group.ts';

/** Shows the documents that are handed on as OTLP log records. */
export function registerBodyMapMetrics(registry: Registry, read: () => BodyMapCounters): void {
  const { bodyMapDocuments, bodyMapRequests, bodyMapRepeated, bodyMapPostponed } = METRICS;
  const { bodyMapSentBytes, bodyMapInFlight } = METRICS;
  const requests = [bodyMapRequests, bodyMapRepeated, bodyMapSentBytes, bodyMapInFlight];
  registerGroup(registry, [bodyMapDocuments, bodyMapPostponed, ...requests], (report) => {
    const counters = read();
    report(bodyMapDocuments, { outcome: 'sent' }, counters.sentRecords);
    report(bodyMapDocuments, { outcome: 'rejected' }, counters.rejectedRecords);
    report(bodyMapPostponed, {}, counters.postponedBatches);
    for (const [outcome, count] of Object.entries(counters.requestsByOutcome))
      report(bodyMapRequests, { outcome }, count);
    report(bodyMapRepeated, {}, counters.repeatedRequests);
    report(bodyMapSentBytes, {}, counters.sentBytes);
    report(bodyMapInFlight, {}, counters.inFlightRequests);
  });
}
