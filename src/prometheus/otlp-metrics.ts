import type { Registry } from 'prom-client';
import type { OtlpCounters } from '../model/otlp-counters.ts';
import { METRICS } from './metric-list.ts';
import { registerGroup } from './register-group.ts';

/** Shows the requests of the OTLP exporter; its records are shown as those of a stage. */
export function registerOtlpMetrics(registry: Registry, read: () => OtlpCounters): void {
  const { otlpRequests, otlpRetries, otlpQueueRecords, otlpSentBytes, otlpSentRecords, otlpLastSuccess } = METRICS;
  const group = [otlpRequests, otlpRetries, otlpQueueRecords, otlpSentBytes, otlpSentRecords, otlpLastSuccess];
  registerGroup(registry, group, (report) => {
    const counters = read();
    for (const [outcome, requests] of Object.entries(counters.requestsByOutcome)) {
      report(otlpRequests, { outcome }, requests);
    }
    report(otlpRetries, {}, counters.retries);
    report(otlpQueueRecords, {}, counters.queueRecords);
    report(otlpSentBytes, {}, counters.sentBytes);
    report(otlpSentRecords, {}, counters.sentRecords);
    report(otlpLastSuccess, {}, counters.lastSuccessMs === undefined ? undefined : counters.lastSuccessMs / 1_000);
  });
}
