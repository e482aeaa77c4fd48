import type { Registry } from 'prom-client';
import type { StitchCounters } from '../model/stitch-counters.ts';
import { METRICS } from './metric-list.ts';
import { registerGroup } from './register-group.ts';

/** Shows the join of perspectives: received = records by outcome + held. */
export function registerStitchMetrics(registry: Registry, read: () => StitchCounters): void {
  const { stitchReceived, stitchRecords, stitchConnections, stitchEnds, stitchHeld, stitchWaiting } = METRICS;
  const group = [stitchReceived, stitchRecords, stitchConnections, stitchEnds, stitchHeld, stitchWaiting];
  registerGroup(registry, group, (report) => {
    const counters = read();
    report(stitchReceived, {}, counters.receivedRecords);
    report(stitchRecords, { outcome: 'joined' }, counters.joinedRecords);
    for (const [outcome, records] of Object.entries(counters.unjoinedRecords))
      report(stitchRecords, { outcome }, records);
    report(stitchRecords, { outcome: 'sent_back' }, counters.sentBackRecords);
    for (const [perspectives, connections] of Object.entries(counters.connections))
      report(stitchConnections, { perspectives }, connections);
    for (const [kind, ends] of Object.entries(counters.endsByKind)) report(stitchEnds, { kind }, ends);
    report(stitchHeld, {}, counters.heldRecords);
    report(stitchWaiting, {}, counters.waitingConnections);
  });
}
