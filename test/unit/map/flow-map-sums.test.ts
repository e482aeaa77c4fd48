import { describe, expect, test } from '@jest/globals';
import { FlowMap } from '../../../src/map/flow-map.ts';
import type { Connection } from '../../../src/model/connection.ts';
import type { MapEdge, MapLevel } from '../../../src/model/map-snapshot.ts';
import type { NamedEnd } from '../../../src/model/named-end.ts';
import { POLICY_FINDINGS } from '../../../src/model/policy-judgement.ts';
import { createMixedConnection, createMixedEnds } from '../../support/mixed-connections.ts';
import { createSampleConnection, SAMPLE_INTERVAL_MS } from '../../support/sample-connections.ts';
import { createPodEnd } from '../../support/sample-ends.ts';
import { seededRandom } from '../../support/seeded-random.ts';

const INTERVAL_MS = 10_000;

/** The sums that a reader of the flows themselves would make, for one edge. */
interface Tally {
  readonly [name: string]: number | string;
}

function tallyOf(connections: readonly Connection[]): Tally {
  const sum = (read: (c: Connection) => number | undefined) => connections.reduce((all, c) => all + (read(c) ?? 0), 0);
  const roundTrips = connections.filter(({ record }) => record.rttNs !== undefined);
  return {
    ports: toDistinct(connections.map((c) => c.destinationPort)),
    services: toDistinct(
      connections.map(({ service }) => service && `${service.namespaceName}/${service.serviceName}`),
    ),
    bytes: sum((c) => c.record.bytes),
    packets: sum((c) => c.record.packets),
    reverseBytes: sum((c) => c.record.reverseBytes),
    reversePackets: sum((c) => c.record.reversePackets),
    connections: sum((c) => c.flowsBegun),
    droppedPackets: sum((c) => c.record.dropPackets),
    retransmits: sum((c) => c.record.retransmits),
    reverseRetransmits: sum((c) => c.record.reverseRetransmits),
    lostPackets: sum((c) => c.lostPackets),
    reverseLostPackets: sum((c) => c.reverseLostPackets),
    roundTripNs: Math.round(sum((c) => c.record.rttNs) / roundTrips.length) || 0,
    forwarded: connections.filter(({ verdict }) => verdict === 'forwarded').length,
    failed: connections.filter(({ verdict }) => verdict === 'dropped' || verdict === 'rejected').length,
    unknown: connections.filter(({ verdict }) => verdict === 'unknown').length,
    ...Object.fromEntries(
      POLICY_FINDINGS.map((finding) => [finding, connections.filter((one) => one.finding === finding).length]),
    ),
    firstSeenMs: Math.round(Math.min(...connections.map(({ record }) => record.startNs / 1e6))),
    lastSeenMs: Math.round(Math.max(...connections.map(({ record }) => record.endNs / 1e6))),
  };
}

function toDistinct(values: readonly (string | number | undefined)[]): string {
  return [...new Set(values.filter((value) => value !== undefined).map(String))].toSorted().join();
}

function toTally(edge: MapEdge): Tally {
  const { forwarded, dropped, rejected, unknown } = edge.verdicts;
  const { bytes, packets, reverseBytes, reversePackets, connections, droppedPackets, firstSeenMs, lastSeenMs } = edge;
  return {
    ...{ bytes, packets, reverseBytes, reversePackets, connections, droppedPackets, firstSeenMs, lastSeenMs },
    ports: toDistinct(edge.destinationPorts),
    services: toDistinct(edge.services.map(({ namespaceName, serviceName }) => `${namespaceName}/${serviceName}`)),
    retransmits: edge.retransmits ?? 0,
    reverseRetransmits: edge.reverseRetransmits ?? 0,
    lostPackets: edge.lostPackets ?? 0,
    reverseLostPackets: edge.reverseLostPackets ?? 0,
    roundTripNs: edge.roundTripNs ?? 0,
    ...{ forwarded, failed: dropped + rejected, unknown },
    ...edge.findings,
  };
}

function toName(end: NamedEnd, level: MapLevel): string {
  if (end.kind === 'service') return `service/${end.namespaceName}/${end.serviceName}`;
  if (end.kind === 'pod') {
    return level === 'pod'
      ? `pod/${end.namespaceName}/${end.podName}`
      : `workload/${end.namespaceName}/${end.workloadKind}/${end.workloadName}`;
  }
  return level === 'pod' ? `${end.kind}/${end.kind === 'node' ? end.nodeName : end.address}` : end.kind;
}

function groupByEdge(connections: readonly Connection[], level: MapLevel): Map<string, Tally> {
  const groups = Map.groupBy(connections, ({ source, destination, record }) =>
    [toName(source, level), toName(destination, level), record.transport].join(' '),
  );
  return new Map([...groups].map(([key, group]) => [key, tallyOf(group)]));
}

describe('sums', () => {
  test.each([
    ['workload', 300_000],
    ['pod', 300_000],
    ['workload', 120_000],
    ['pod', 10_000],
  ] as const)('at the level of %ss over %i ms are those of the connections', (level, windowMs) => {
    const seed = Date.now() % 1_000_000;
    const random = seededRandom(seed);
    const ends = createMixedEnds();
    let nowMs = SAMPLE_INTERVAL_MS;
    const map = new FlowMap({ nowMs: () => nowMs });
    const all: Connection[] = [];
    for (let step = 0; step < 45; step++) {
      nowMs = SAMPLE_INTERVAL_MS + step * INTERVAL_MS + 3_000;
      // A perspective may be an interval late, and an observer's clock one ahead.
      const batch = Array.from({ length: 60 }, () =>
        createMixedConnection(random, ends, SAMPLE_INTERVAL_MS + (step - 1 + random(3)) * INTERVAL_MS),
      );
      map.accept(batch);
      all.push(...batch);
    }
    const snapshot = map.snapshot({ level, windowMs });
    const firstMs = Math.floor((nowMs - windowMs) / INTERVAL_MS) * INTERVAL_MS;
    expect(snapshot.fromMs).toBeLessThanOrEqual(nowMs - windowMs);
    expect(snapshot.fromMs).toBeGreaterThan(nowMs - windowMs - INTERVAL_MS);
    const expected = groupByEdge(
      all.filter(({ intervalStartMs }) => intervalStartMs >= firstMs),
      level,
    );
    const seen = new Map(
      snapshot.edges.map((edge) => [[edge.source, edge.destination, edge.transport].join(' '), toTally(edge)]),
    );
    const withoutFirst = (tallies: Map<string, Tally>) =>
      Object.fromEntries([...tallies].map(([key, tally]) => [`${seed} ${key}`, { ...tally, firstSeenMs: 0 }]));
    expect(withoutFirst(seen)).toEqual(withoutFirst(expected));
    // The edge may have been known before the window.
    for (const [key, { firstSeenMs }] of expected) {
      expect(Number(seen.get(key)!['firstSeenMs'])).toBeLessThanOrEqual(Number(firstSeenMs));
    }
  });
});

describe('a million pairs', () => {
  test('stay within the bounds, and nothing is lost of the sums', () => {
    const pods = Array.from({ length: 1_500 }, (_, i) => createPodEnd(`10.1.${i >> 8}.${i & 255}`, `app-${i % 40}`, i));
    const map = new FlowMap({ partyLimit: 1_000, edgeLimit: 500, nowMs: () => SAMPLE_INTERVAL_MS });
    const base = createSampleConnection({ record: { bytes: 3 } });
    let sent = 0;
    for (let source = 0; source < 1_000; source++) {
      map.accept(pods.slice(0, 1_000).map((end) => ({ ...base, source: pods[source + 500]!, destination: end })));
      sent += 1_000;
    }
    const { parties, edges, overflowConnections } = map.counters();
    expect(parties).toBeLessThanOrEqual(1_000 + 40);
    expect(edges).toBeLessThanOrEqual(2 * 500 + 1);
    expect(overflowConnections).toBeGreaterThan(sent - 2 * 500);
    for (const level of ['workload', 'pod'] as const) {
      const snapshot = map.snapshot({ level });
      expect(snapshot.edges.reduce((sum, { bytes }) => sum + bytes, 0)).toBe(3 * sent);
      expect(snapshot.nodes.length).toBeLessThanOrEqual(parties + 1);
    }
  });

  test('without room for workloads count for nobody in particular', () => {
    const map = new FlowMap({ partyLimit: 2, nowMs: () => SAMPLE_INTERVAL_MS });
    const base = createSampleConnection();
    for (let i = 0; i < 20; i++) map.accept([{ ...base, source: createPodEnd('10.1.1.1', `app-${i}`, i) }]);
    const { nodes, edges } = map.snapshot({ level: 'workload' });
    expect(JSON.parse(JSON.stringify(nodes))).toContainEqual({ id: 'other', kind: 'other' });
    expect(edges.find(({ source }) => source === 'other')?.packets).toBe(10 * 19);
    expect(map.counters().overflowConnections).toBe(19);
    expect(map.snapshot({ level: 'workload', namespace: 'shop' }).edges).toHaveLength(2);
  });

  test('count exactly at the level of workloads, as long as these have room', () => {
    const pods = Array.from({ length: 400 }, (_, i) => createPodEnd(`10.1.${i >> 8}.${i & 255}`, `app-${i % 4}`, i));
    const map = new FlowMap({ partyLimit: 100, edgeLimit: 50, nowMs: () => SAMPLE_INTERVAL_MS });
    const base = createSampleConnection({ record: { bytes: 3 } });
    for (const source of pods) map.accept(pods.map((destination) => ({ ...base, source, destination })));
    const { edges, nodes } = map.snapshot({ level: 'workload' });
    expect(nodes.map(({ workloadName }) => workloadName)).toEqual(['app-0', 'app-1', 'app-2', 'app-3']);
    expect(edges.map(({ bytes }) => bytes)).toEqual(Array.from({ length: 16 }, () => 3 * 100 * 100));
  });

  test('from outside leave room for pods', () => {
    const map = new FlowMap({ partyLimit: 100, nowMs: () => SAMPLE_INTERVAL_MS });
    const base = createSampleConnection();
    for (let i = 0; i < 1_000; i++) {
      map.accept([
        { ...base, source: { ...base.source, kind: 'external', address: `203.0.113.${i}`, podName: undefined } },
      ]);
    }
    map.accept([base]);
    const { edges } = map.snapshot({ level: 'pod' });
    expect(edges.filter(({ source }) => source.startsWith('external/'))).toHaveLength(25);
    expect(edges.find(({ source }) => source === 'external')?.packets).toBe(10 * (1_000 - 25));
    expect(edges.find(({ source }) => source.startsWith('pod/'))?.packets).toBe(10);
  });

  test('give their room back when they are gone', () => {
    let nowMs = SAMPLE_INTERVAL_MS;
    const map = new FlowMap({ partyLimit: 50, edgeLimit: 50, nowMs: () => nowMs });
    const base = createSampleConnection();
    for (let i = 0; i < 500; i++) map.accept([{ ...base, source: createPodEnd('10.1.1.1', `old-${i}`, i) }]);
    nowMs += 400_000;
    map.accept([{ ...base, intervalStartMs: nowMs - INTERVAL_MS }]);
    expect(map.snapshot({ level: 'pod' }).edges.map(({ source }) => source)).toEqual([
      `pod/shop/${base.source.podName}`,
    ]);
    expect(map.counters()).toMatchObject({ parties: 4, edges: 1 });
  });
});
