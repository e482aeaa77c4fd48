import type { Registry } from 'prom-client';
import type { OtlpReceiveCounters, OtlpRelayCounters } from '../model/otlp-receive-counters.ts';
import { METRICS } from './metric-list.ts';
import { registerGroup } from './register-group.ts';

/** Answers that stand at 0 from the start: Prometheus makes no rate of a series that begins above 0. */
const USUAL_CODES = [200, 400, 413, 415, 429, 503] as const;

/** Shows the requests that come from probes. */
export function registerReceiveMetrics(registry: Registry, read: () => OtlpReceiveCounters): void {
  const { receivedRequests, receivedAborted, receivedBytes, receivedRecords } = METRICS;
  const { receivedIgnoredAttributes, receivedRunning, receivedHeldBytes } = METRICS;
  const group = [receivedRequests, receivedAborted, receivedBytes, receivedRecords, receivedIgnoredAttributes];
  registerGroup(registry, [...group, receivedRunning, receivedHeldBytes], (report) => {
    const counters = read();
    for (const code of new Set([...USUAL_CODES, ...counters.requestsByStatus.keys()]))
      report(receivedRequests, { code: String(code) }, counters.requestsByStatus.get(code) ?? 0);
    report(receivedAborted, {}, counters.abortedRequests);
    report(receivedBytes, {}, counters.receivedBytes);
    report(receivedRecords, { kind: 'flow' }, counters.flowRecords);
    report(receivedRecords, { kind: 'other' }, counters.otherRecords);
    for (const [reason, count] of Object.entries(counters.ignoredAttributes))
      report(receivedIgnoredAttributes, { reason }, count);
    report(receivedRunning, {}, counters.runningRequests);
    report(receivedHeldBytes, {}, counters.heldBytes);
  });
}

/** Shows the requests that go on to the next receiver. */
export function registerRelayMetrics(registry: Registry, read: () => OtlpRelayCounters): void {
  const { relayRequests, relayRefused, relayInFlight, relayWaiting, relaySentBytes } = METRICS;
  registerGroup(registry, [relayRequests, relayRefused, relayInFlight, relayWaiting, relaySentBytes], (report) => {
    const counters = read();
    for (const [outcome, requests] of Object.entries(counters.requestsByOutcome))
      report(relayRequests, { outcome }, requests);
    report(relayRefused, {}, counters.refusedRequests);
    report(relayInFlight, {}, counters.inFlightRequests);
    report(relayWaiting, {}, counters.waitingRequests);
    report(relaySentBytes, {}, counters.sentBytes);
  });
}
