import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { describe, expect, test } from '@jest/globals';
import type { Connection } from '../../../src/model/connection.ts';
import type { NamedEnd } from '../../../src/model/named-end.ts';
import { ConnectionCounters } from '../../../src/prometheus/connection/connection-counters.ts';
import { readTwice, select, sumOf, type Family, type Sample } from '../../support/prometheus-text.ts';
import { createSampleConnection, REFUSED, UDP_FACTS } from '../../support/sample-connections.ts';
import { createEnd, createExternalEnd, createPodEnd, createService } from '../../support/sample-ends.ts';
import { seededRandom } from '../../support/seeded-random.ts';

const SEED = 20_261_121;

/** Connections among pods of some workloads, nodes and the world outside, all of whose facts are drawn. */
function drawConnections(count: number): Connection[] {
  const random = seededRandom(SEED);
  const ends = [
    ...Array.from({ length: 30 }, (_, i) => createPodEnd(`10.244.1.${i}`, `app-${i % 7}`, i)),
    ...Array.from({ length: 3 }, (_, i) => createEnd(`10.0.0.${i}`, { kind: 'node', nodeName: `node-${i}` })),
    ...Array.from({ length: 5 }, (_, i) => createExternalEnd(`203.0.113.${i}`)),
  ];
  const services = [undefined, createService('a'), createService('b'), createService('a')];
  const drawEnd = (): NamedEnd => ends[random(ends.length)]!;
  return Array.from({ length: count }, (_, i) => {
    const counts = { bytes: random(1e6), reverseBytes: random(1e6), packets: random(1e3), reversePackets: random(1e3) };
    const retransmits = { retransmits: random(3), reverseRetransmits: random(3) };
    const times = { rttNs: random(2e9), handshakeNs: random(2) === 0 ? random(2e9) : undefined };
    const outcome = random(10) === 0 ? { ...REFUSED, dropPackets: 1 + random(4) } : {};
    return createSampleConnection({
      source: drawEnd(),
      sourcePort: 1_024 + i,
      destination: drawEnd(),
      service: services[random(services.length)],
      flowsBegun: random(3),
      record: { ...retransmits, ...times, ...outcome, ...(random(5) === 0 ? UDP_FACTS : {}), ...counts },
    });
  });
}

type Tally = Map<string, number>;

function add(tally: Tally, key: readonly unknown[], value: number): void {
  const text = JSON.stringify(key);
  tally.set(text, (tally.get(text) ?? 0) + value);
}

/** What tells a pair, as the labels are documented. */
function pairOf({ source, destination, service, record }: Connection, withPods: boolean): string[] {
  const nameOf = ({ kind, workloadName, nodeName }: NamedEnd): string =>
    (kind === 'pod' ? workloadName : kind === 'node' ? nodeName : undefined) ?? '';
  return [
    ...[source.namespaceName ?? '', nameOf(source), source.kind],
    ...[destination.namespaceName ?? service?.namespaceName ?? '', nameOf(destination), destination.kind],
    ...[service?.serviceName ?? '', record.transport],
    ...(withPods ? [source.podName ?? '', destination.podName ?? ''] : []),
  ];
}

function tallyOf(connections: readonly Connection[], withPods: boolean): Map<string, Tally> {
  const tallies = new Map<string, Tally>();
  const count = (what: string, key: readonly unknown[], value = 0): void => {
    const tally = tallies.get(what) ?? new Map<string, number>();
    tallies.set(what, tally);
    add(tally, key, value);
  };
  for (const one of connections) {
    const { record, flowsBegun, verdict, dropReason } = one;
    const pair = pairOf(one, withPods);
    count('bytes', [...pair, 'transmit'], record.bytes);
    count('bytes', [...pair, 'receive'], record.reverseBytes);
    count('packets', [...pair, 'transmit'], record.packets);
    count('packets', [...pair, 'receive'], record.reversePackets);
    count('connections', pair, flowsBegun);
    count('dropped_packets', pair, record.dropPackets);
    count('dropped', [...pair, dropReason], verdict === 'rejected' ? 1 : 0);
    count('tcp_retransmits', [...pair, 'transmit'], record.retransmits);
    count('tcp_retransmits', [...pair, 'receive'], record.reverseRetransmits);
  }
  return tallies;
}

const PAIR_LABELS = 'src_namespace src_workload src_kind dst_namespace dst_workload dst_kind dst_service transport';
const LABELS = [...PAIR_LABELS.split(' '), 'src_pod', 'dst_pod', 'direction', 'reason'];

function toTally(samples: readonly Sample[]): Tally {
  const tally: Tally = new Map();
  for (const { labels, value } of samples) {
    const key = LABELS.filter((label) => label in labels).map((label) => labels[label]);
    add(tally, key, value);
  }
  return tally;
}

/** Series at 0 are left to the tests of what is shown when. */
function withoutZeros(tally: Tally = new Map()): Tally {
  return new Map([...tally].filter(([, value]) => value !== 0).toSorted(([a], [b]) => (a < b ? -1 : 1)));
}

function scrape(counters: ConnectionCounters): Map<string, Family> {
  return readTwice(counters);
}

function acceptInBatches(counters: ConnectionCounters, connections: readonly Connection[]): void {
  for (let i = 0; i < connections.length; i += 97) counters.accept(connections.slice(i, i + 97));
}

const CONNECTIONS = drawConnections(6_000);
const KINDS = 'bytes packets connections dropped_packets dropped tcp_retransmits'.split(' ');

describe(`sums of drawn connections, seed ${SEED}`, () => {
  test.each([
    ['podflow_flow', false],
    ['podflow_pod_flow', true],
  ] as const)('%s: every series is what a tally by the documented labels tells', (prefix, withPods) => {
    const counters = new ConnectionCounters();
    acceptInBatches(counters, CONNECTIONS);
    const families = scrape(counters);
    const expected = tallyOf(CONNECTIONS, withPods);
    for (const what of KINDS) {
      const told = toTally(select(families, `${prefix}_${what}_total`));
      expect([what, withoutZeros(told)]).toEqual([what, withoutZeros(expected.get(what))]);
    }
  });

  test.each([0, 1, 20, 60])('with room for %d pairs, sums by kind and transport are the same', (limit) => {
    const clock = { ms: 0 };
    const options = { workloadPairLimit: limit, podPairLimit: limit, nowMs: () => clock.ms };
    const counters = new ConnectionCounters(options);
    acceptInBatches(counters, CONNECTIONS);
    const families = scrape(counters);
    const full = new ConnectionCounters();
    acceptInBatches(full, CONNECTIONS);
    const expected = scrape(full);
    for (const [name, { samples, type }] of expected) {
      if (type !== 'counter') continue;
      const sums = (from: readonly Sample[]): Tally => {
        const tally: Tally = new Map();
        for (const { labels, value } of from) {
          const { src_kind, dst_kind, transport, direction, reason } = labels;
          add(tally, [src_kind, dst_kind, transport, direction, reason], value);
        }
        return withoutZeros(tally);
      };
      expect([name, sums(select(families, name))]).toEqual([name, sums(samples)]);
    }
    for (const name of ['podflow_flow_rtt_seconds', 'podflow_flow_handshake_seconds']) {
      const countOf = (from: Map<string, Family>): number =>
        (from.get(name)?.samples ?? []).reduce((sum, one) => sum + (one.name === `${name}_count` ? one.value : 0), 0);
      expect(countOf(families)).toBe(countOf(expected));
    }
    for (const { pairs, overflowRecords } of counters.totals().values()) {
      expect(pairs).toBe(limit);
      expect(overflowRecords).toBeGreaterThan(0);
    }
  });

  test('a cap on one group leaves the other alone', () => {
    const counters = new ConnectionCounters({ podPairLimit: 10 });
    acceptInBatches(counters, CONNECTIONS);
    const families = scrape(counters);
    expect(select(families, 'podflow_flow_connections_total', { src_workload: 'other' })).toEqual([]);
    expect(sumOf(families, 'podflow_pod_flow_bytes_total')).toBe(sumOf(families, 'podflow_flow_bytes_total'));
  });
});

/** A connection of which each use is another pair of pods and of workloads. */
function createChangingConnection(): (index: number) => Connection {
  const base = createSampleConnection({ flowsBegun: 1 });
  const connection = { ...base };
  return (index) => {
    const source = createPodEnd(`10.${index >> 16}.${(index >> 8) & 255}.${index & 255}`, `w${index}`, index);
    return Object.assign(connection, { source, joinId: `1:${index}` });
  };
}

function memoryBytes(): number {
  setFlagsFromString('--expose-gc');
  (runInNewContext('gc') as () => void)();
  const { heapUsed, arrayBuffers } = process.memoryUsage();
  return heapUsed + arrayBuffers;
}

test('1,000,000 distinct pairs: the cap holds, memory is bounded, sums are right', () => {
  const limits = { workloadPairLimit: 5_000, podPairLimit: 20_000 };
  const counters = new ConnectionCounters({ ...limits, pairSeriesTtlMs: 1e9 });
  const next = createChangingConnection();
  const before = memoryBytes();
  for (let index = 0; index < 1_000_000; index++) counters.accept([next(index)]);
  const used = memoryBytes() - before;
  const families = scrape(counters);
  for (const [group, prefix] of [
    ['workload', 'podflow_flow'],
    ['pod', 'podflow_pod_flow'],
  ] as const) {
    const limit = limits[`${group}PairLimit`];
    expect(counters.totals().get(group)).toMatchObject({ pairs: limit, overflowRecords: 1_000_000 - limit });
    expect(select(families, `${prefix}_connections_total`)).toHaveLength(limit + 1);
    expect(sumOf(families, `${prefix}_connections_total`)).toBe(1_000_000);
    expect(sumOf(families, `${prefix}_bytes_total`, { direction: 'transmit' })).toBe(1_415_000_000);
    expect(sumOf(families, `${prefix}_tcp_retransmits_total`, { src_workload: 'other' })).toBe(1_000_000 - limit);
  }
  expect(used).toBeLessThan(100e6);
}, 120_000);
