import { describe, expect, test } from '@jest/globals';
import type { FlowRecord } from '../../../src/model/flow-record.ts';
import {
  ConnectionCounters,
  type ConnectionCountersOptions,
} from '../../../src/prometheus/connection/connection-counters.ts';
import { parsePrometheusText, readTwice, select, sumOf, type Family } from '../../support/prometheus-text.ts';
import {
  createSampleConnection,
  REFUSED,
  UDP_FACTS,
  UNANSWERED,
  type ConnectionChanges,
} from '../../support/sample-connections.ts';
import { createEnd, createExternalEnd, createPodEnd, createService } from '../../support/sample-ends.ts';

const BYTES = 'podflow_flow_bytes_total';
const PACKETS = 'podflow_flow_packets_total';
const CONNECTIONS = 'podflow_flow_connections_total';
const DROPPED = 'podflow_flow_dropped_total';
const DROPPED_PACKETS = 'podflow_flow_dropped_packets_total';
const RETRANSMITS = 'podflow_flow_tcp_retransmits_total';
const LOST = 'podflow_flow_lost_packets_total';
const RTT = 'podflow_flow_rtt_seconds';
const HANDSHAKE = 'podflow_flow_handshake_seconds';
const POD_BYTES = 'podflow_pod_flow_bytes_total';
const POD_CONNECTIONS = 'podflow_pod_flow_connections_total';

const WEB = createPodEnd('10.244.1.7', 'web', 7);
const CART = createPodEnd('10.244.2.9', 'cart', 9);
const TRAFFIC = { bytes: 1_000, packets: 10, reverseBytes: 5_000, reversePackets: 7 };

type Harness = { counters: ConnectionCounters; clock: { ms: number } };

function create(options: ConnectionCountersOptions = {}): Harness {
  const clock = { ms: 0 };
  return { counters: new ConnectionCounters({ nowMs: () => clock.ms, ...options }), clock };
}

function scrape(counters: ConnectionCounters): Map<string, Family> {
  return readTwice(counters);
}

/** Counts connections from `web` to `cart` that differ in the given facts; a text stands for a record's. */
function count(counters: ConnectionCounters, ...batch: ConnectionChanges[]): void {
  counters.accept(batch.map(({ record, ...rest }) => toConnection(rest, record)));
}

function toConnection(
  rest: ConnectionChanges,
  record: Partial<FlowRecord> = {},
): ReturnType<typeof createSampleConnection> {
  return createSampleConnection({ source: WEB, destination: CART, ...rest, record: { ...TRAFFIC, ...record } });
}

function countAndScrape(...batch: ConnectionChanges[]): Map<string, Family> {
  const { counters } = create();
  count(counters, ...batch);
  return scrape(counters);
}

describe('what a connection counts', () => {
  test('bytes of both ways, from the client, by workload and by pod', () => {
    const families = countAndScrape({ service: createService('cart-http') });
    const labels = {
      src_namespace: 'shop',
      src_workload: 'web',
      src_kind: 'pod',
      dst_namespace: 'shop',
      dst_workload: 'cart',
      dst_kind: 'pod',
      dst_service: 'cart-http',
      transport: 'tcp',
    };
    expect(select(families, BYTES)).toEqual([
      { name: BYTES, labels: { ...labels, direction: 'transmit' }, value: 1_000 },
      { name: BYTES, labels: { ...labels, direction: 'receive' }, value: 5_000 },
    ]);
    const pods = { ...labels, src_pod: WEB.podName, dst_pod: CART.podName };
    expect(select(families, POD_BYTES)).toEqual([
      { name: POD_BYTES, labels: { ...pods, direction: 'transmit' }, value: 1_000 },
      { name: POD_BYTES, labels: { ...pods, direction: 'receive' }, value: 5_000 },
    ]);
  });

  test('packets, begun flows and retransmits; by the server alone just the same', () => {
    const retransmits = { retransmits: 2, reverseRetransmits: 3 };
    const families = countAndScrape(
      { flowsBegun: 3, record: retransmits },
      { flowsBegun: 0, record: retransmits },
      { flowsBegun: 1, perspectives: 'server' },
    );
    for (const family of ['flow', 'pod_flow']) {
      const of = (what: string, direction?: string): number =>
        sumOf(families, `podflow_${family}_${what}_total`, direction === undefined ? {} : { direction });
      expect([of('packets', 'transmit'), of('packets', 'receive'), of('connections')]).toEqual([30, 21, 4]);
      expect([of('tcp_retransmits', 'transmit'), of('tcp_retransmits', 'receive')]).toEqual([5, 6]);
    }
  });

  test('pods of one workload share the series of workloads', () => {
    const other = createPodEnd('10.244.1.8', 'web', 8);
    const families = countAndScrape({}, { source: other }, { source: other, destination: WEB });
    expect(select(families, CONNECTIONS)).toHaveLength(2);
    expect(select(families, POD_CONNECTIONS)).toHaveLength(3);
    expect(sumOf(families, BYTES, { dst_workload: 'cart', direction: 'transmit' })).toBe(2_000);
    expect(sumOf(families, POD_BYTES, { src_pod: other.podName ?? '', dst_workload: 'cart' })).toBe(6_000);
  });

  test('the same names count together whatever objects tell them', () => {
    const copies = Array.from({ length: 50 }, () => ({ source: { ...WEB }, service: createService('cart') }));
    const families = countAndScrape(...copies, ...copies.map((one) => ({ ...one, source: WEB, destination: CART })));
    expect(select(families, CONNECTIONS)).toHaveLength(1);
    expect(sumOf(families, BYTES, { direction: 'transmit' })).toBe(100_000);
  });

  test('Services and transports apart', () => {
    const services = ['cart', 'cart-canary'].map((name) => ({ service: createService(name), flowsBegun: 9 }));
    const families = countAndScrape(...services, { flowsBegun: 1 }, { record: { ...UDP_FACTS }, flowsBegun: 5 });
    const told = select(families, CONNECTIONS).map(({ labels, value }) => [
      labels['dst_service'],
      labels['transport'],
      value,
    ]);
    expect(told).toEqual([
      ['cart', 'tcp', 9],
      ['cart-canary', 'tcp', 9],
      ['', 'tcp', 1],
      ['', 'udp', 5],
    ]);
  });

  test('more Services and transports between two pods than are remembered by identity', () => {
    const { counters } = create();
    const batch = Array.from({ length: 30 }, (_, i) => ({ service: createService(`s${i % 15}`) }));
    for (let round = 0; round < 10; round++) count(counters, ...batch);
    const families = scrape(counters);
    expect(select(families, BYTES, { direction: 'transmit' }).map(({ value }) => value)).toEqual(
      Array.from({ length: 15 }, () => 20_000),
    );
  });
});

describe('ends that are no pods', () => {
  test.each([
    ['node', createEnd('10.0.0.3', { kind: 'node', nodeName: 'node-3' }), '', 'node-3'],
    ['ambiguous', createEnd('10.0.0.3', { kind: 'ambiguous', nodeName: 'node-3', candidateCount: 2 }), '', 'node-3'],
    ['service', createEnd('10.96.0.1', { kind: 'service', namespaceName: 'a', serviceName: 's' }), 'a', 's'],
    ['external', createExternalEnd('203.0.113.9'), '', ''],
    ['unknown', createEnd('10.9.9.9'), '', ''],
    ['pod', createEnd('10.9.9.9', { kind: 'pod', namespaceName: 'b', podName: 'bare' }), 'b', 'bare'],
  ] as const)('%s', (kind, end, namespace, workload) => {
    const families = countAndScrape({ destination: end }, { source: end });
    expect(sumOf(families, CONNECTIONS, { dst_kind: kind, dst_namespace: namespace, dst_workload: workload })).toBe(0);
    expect(sumOf(families, BYTES, { src_kind: kind, src_namespace: namespace, src_workload: workload })).toBe(6_000);
    const service = kind === 'service' ? 's' : '';
    const pod = kind === 'pod' ? 'bare' : '';
    expect(sumOf(families, POD_BYTES, { dst_kind: kind, dst_pod: pod, dst_service: service })).toBe(6_000);
  });

  test('addresses outside share their series', () => {
    const outside = Array.from({ length: 100 }, (_, i) => ({ destination: createExternalEnd(`203.0.113.${i}`) }));
    const families = countAndScrape(...outside);
    expect(select(families, CONNECTIONS)).toHaveLength(1);
    expect(sumOf(families, BYTES, { dst_kind: 'external', direction: 'transmit' })).toBe(100_000);
  });

  test('a server without a namespace takes that of the Service that led to it', () => {
    const service = createService('kubernetes', { namespaceName: 'default' });
    const node = createEnd('10.0.0.3', { kind: 'node', nodeName: 'node-3' });
    const families = countAndScrape({ destination: node, service }, { destination: CART, service });
    const labels = select(families, CONNECTIONS).map((sample) => sample.labels);
    expect(labels).toMatchObject([
      { dst_namespace: 'default', dst_service: 'kubernetes', dst_workload: 'node-3' },
      { dst_namespace: 'shop', dst_service: 'kubernetes', dst_workload: 'cart' },
    ]);
  });

  test('names with any characters are escaped', () => {
    const name = 'a"b\\c\nd{e="f"} 1';
    const odd = createPodEnd('10.244.1.7', name, 1, { namespaceName: `${name}!`, podName: `${name}?` });
    const families = countAndScrape({ source: odd, service: createService(name) });
    const labels = { src_workload: name, src_namespace: `${name}!`, src_pod: `${name}?`, dst_service: name };
    expect(sumOf(families, POD_BYTES, labels)).toBe(6_000);
  });
});

describe('failures', () => {
  test.each([
    { record: {}, reasons: ['connection_refused', 'syn_unanswered'] },
    { record: UDP_FACTS, reasons: ['port_unreachable'] },
    { record: { protocolNumber: 132, transport: 'sctp' }, reasons: [] },
  ])('stand at 0 from the first sight of a pair: $reasons', ({ record, reasons }) => {
    const families = countAndScrape({ record });
    for (const family of ['flow', 'pod_flow']) {
      const shown = select(families, `podflow_${family}_dropped_total`);
      expect(new Map(shown.map(({ labels, value }) => [labels['reason'], value]))).toEqual(
        new Map(reasons.map((reason) => [reason, 0])),
      );
      expect(select(families, `podflow_${family}_dropped_packets_total`).map(({ value }) => value)).toEqual([0]);
    }
  });

  test('count once per verdict, their packets with each report', () => {
    const rejected = { ...REFUSED, event: 'update', dropReason: 'host_unreachable' } as const;
    const { counters } = create();
    count(counters, { record: { ...UNANSWERED, sequence: 0 } }, { record: { ...UNANSWERED, sequence: 1 } });
    count(counters, { record: { ...rejected, sequence: 2 } }, { record: { ...REFUSED, sequence: 3 } });
    const families = scrape(counters);
    expect(sumOf(families, DROPPED, { reason: 'syn_unanswered' })).toBe(1);
    expect(sumOf(families, DROPPED, { reason: 'host_unreachable' })).toBe(1);
    expect(sumOf(families, DROPPED)).toBe(2);
    expect(sumOf(families, DROPPED_PACKETS)).toBe(3 + 3 + 1 + 1);
  });

  test('count once where the two ends tell of them in different intervals', () => {
    const { counters } = create();
    count(counters, { record: { ...UNANSWERED, sequence: 1, flowId: 'of-the-client' } });
    count(counters, { perspectives: 'server', record: { ...UNANSWERED, sequence: 4, flowId: 'of-the-server' } });
    expect(sumOf(scrape(counters), DROPPED)).toBe(1);
  });

  test('of connections by their own port each', () => {
    const ports = [50_001, 50_002, 50_003].map((sourcePort) => ({ sourcePort, record: { ...REFUSED, sequence: 0 } }));
    expect(sumOf(countAndScrape(...ports), DROPPED, { reason: 'connection_refused' })).toBe(3);
  });

  test('where the client cannot tell, with the packets that the server tells of', () => {
    const families = countAndScrape({
      record: { verdict: 'unknown' },
      serverRecord: { ...REFUSED, dropPackets: 5 },
      verdict: 'rejected',
      dropReason: 'admin_prohibited',
    });
    expect(sumOf(families, DROPPED, { reason: 'admin_prohibited' })).toBe(1);
    expect(sumOf(families, DROPPED_PACKETS)).toBe(5);
  });

  test('without a reason are unknown', () => {
    const families = countAndScrape({ record: { verdict: 'dropped', dropReason: undefined } });
    expect(sumOf(families, DROPPED, { reason: 'unknown' })).toBe(1);
  });
});

describe('lost packets', () => {
  test('follow the highest sum of what is told, and never fall', () => {
    const { counters } = create();
    const seen: number[] = [];
    for (const lostPackets of [0, 5, -5, 3, -2, 4, 2]) {
      count(counters, { lostPackets, reverseLostPackets: -1, serverRecord: {} });
      seen.push(sumOf(scrape(counters), LOST, { direction: 'transmit' }));
    }
    expect(seen).toEqual([0, 5, 5, 5, 5, 5, 7]);
    expect(sumOf(scrape(counters), LOST, { direction: 'receive' })).toBe(0);
  });

  test('are shown once both ends were observed, and not by pod', () => {
    const { counters } = create();
    count(counters, {}, { perspectives: 'server' });
    expect(select(scrape(counters), LOST)).toEqual([]);
    count(counters, { serverRecord: { packets: 8, reversePackets: 11 } });
    const families = scrape(counters);
    expect(select(families, LOST).map(({ labels, value }) => [labels['direction'], value])).toEqual([
      ['transmit', 2],
      ['receive', 4],
    ]);
    expect([...families.keys()].filter((name) => name.includes('lost'))).toEqual([LOST]);
  });
});

describe('times', () => {
  /** Cumulated counts by bound, from the definition of a Prometheus histogram: how many were at or below it. */
  function toBuckets(families: Map<string, Family>, name: string): Map<number, number> {
    const { samples = [] } = families.get(name) ?? {};
    const buckets = samples.filter((sample) => sample.name === `${name}_bucket`);
    return new Map(buckets.map(({ labels, value }) => [Number(labels['le']?.replace('+Inf', 'Infinity')), value]));
  }

  test.each([
    [RTT, 'rttNs'],
    [HANDSHAKE, 'handshakeNs'],
  ] as const)('%s counts each value in all buckets that are not below it', (name, fact) => {
    const values = [1, 99_999, 100_000, 100_001, 250_000, 3e6, 49.9e6, 50e6, 0.3e9, 1e9, 3e9, 3.000001e9, 70e9];
    const families = countAndScrape(
      ...values.map((ns) => ({ record: { rttNs: undefined, handshakeNs: undefined, [fact]: ns } })),
    );
    const buckets = toBuckets(families, name);
    expect(buckets.size).toBeGreaterThan(8);
    expect([...buckets.keys()].at(-1)).toBe(Infinity);
    for (const [bound, told] of buckets) {
      expect([bound, told]).toEqual([bound, values.filter((ns) => ns / 1e9 <= bound).length]);
    }
    const { samples = [] } = families.get(name) ?? {};
    const sum = samples.find((sample) => sample.name === `${name}_sum`)?.value;
    expect(sum).toBeCloseTo(values.reduce((total, ns) => total + ns) / 1e9, 6);
  });

  test('are those of the client alone, and of TCP', () => {
    const { counters } = create();
    count(counters, { perspectives: 'server', record: { rttNs: 5e6, handshakeNs: 5e6 } });
    count(counters, { record: { ...UDP_FACTS } });
    const families = scrape(counters);
    for (const name of [RTT, HANDSHAKE]) {
      const samples = families.get(name)?.samples ?? [];
      expect(samples.every(({ value }) => value === 0)).toBe(true);
      expect(new Set(samples.map(({ labels }) => labels['transport']))).toEqual(new Set(['tcp']));
    }
  });
});

describe('the cap on pairs', () => {
  test('what is beyond counts into other, with its kinds and transport', () => {
    const { counters } = create({ workloadPairLimit: 1, podPairLimit: 0 });
    const node = createEnd('10.0.0.3', { kind: 'node', nodeName: 'node-3' });
    count(counters, {}, { destination: node }, { destination: node, record: UDP_FACTS }, {});
    const families = scrape(counters);
    const of = (family: string): (string | undefined)[][] =>
      select(families, family, { direction: 'transmit' }).map(({ labels, value }) => [
        labels['dst_workload'],
        labels['dst_service'],
        labels['dst_kind'],
        labels['transport'],
        labels['src_pod'],
        String(value),
      ]);
    expect(of(BYTES)).toEqual([
      ['cart', '', 'pod', 'tcp', undefined, '2000'],
      ['other', 'other', 'node', 'tcp', undefined, '1000'],
      ['other', 'other', 'node', 'udp', undefined, '1000'],
    ]);
    expect(of(POD_BYTES)).toEqual([
      ['other', 'other', 'pod', 'tcp', 'other', '2000'],
      ['other', 'other', 'node', 'tcp', 'other', '1000'],
      ['other', 'other', 'node', 'udp', 'other', '1000'],
    ]);
    expect(counters.totals().get('workload')).toEqual({ pairs: 1, expired: 0, forgotten: 0, overflowRecords: 2 });
    expect(counters.totals().get('pod')).toMatchObject({ pairs: 0, overflowRecords: 4 });
  });

  test('somebody whose names are all other shares the series', () => {
    const names = { namespaceName: 'other', podName: 'other', podUid: undefined };
    const other = createPodEnd('10.244.9.9', 'other', 1, names);
    const mimic = { source: other, destination: other, service: createService('other') };
    const limits = { workloadPairLimit: 1, podPairLimit: 1 };
    const { counters, clock } = create({ ...limits, pairSeriesTtlMs: 1_000, gonePodDelayMs: 1_000 });
    count(counters, mimic, {}, mimic);
    counters.forgetPod(other);
    expect(sumOf(scrape(counters), BYTES, { src_workload: 'other' })).toBe(18_000);
    expect(counters.totals().get('workload')?.pairs).toBe(0);
    clock.ms = 5_000;
    count(counters, { source: CART, destination: WEB });
    const told = select(scrape(counters), CONNECTIONS).map(({ labels }) => labels['src_workload']);
    expect(told).toEqual(['other', 'cart']);
    expect(sumOf(scrape(counters), POD_BYTES, { src_workload: 'other' })).toBe(18_000);
  });

  test('a pair that counted into other gets its own series when there is room', () => {
    const { counters, clock } = create({ podPairLimit: 1, workloadPairLimit: 1, pairSeriesTtlMs: 1_000 });
    count(counters, {}, { source: CART, destination: WEB });
    clock.ms = 1_000;
    count(counters, { source: CART, destination: WEB });
    expect(sumOf(scrape(counters), BYTES, { src_workload: 'other', direction: 'transmit' })).toBe(2_000);
    count(counters, { source: CART, destination: WEB });
    const families = scrape(counters);
    expect(sumOf(families, BYTES, { src_workload: 'cart', direction: 'transmit' })).toBe(1_000);
    expect(sumOf(families, POD_BYTES, { src_pod: CART.podName ?? '', direction: 'transmit' })).toBe(1_000);
  });
});

describe('pairs without traffic', () => {
  test('make room within a batch, and what comes after in it counts right', () => {
    const { counters, clock } = create({ workloadPairLimit: 1, podPairLimit: 1, pairSeriesTtlMs: 1_000 });
    count(counters, {});
    clock.ms = 1_000;
    count(counters, { source: CART, destination: WEB }, {}, { source: CART, destination: WEB });
    const families = scrape(counters);
    for (const name of [BYTES, POD_BYTES]) {
      const of = (workload: string): number => sumOf(families, name, { src_workload: workload, direction: 'transmit' });
      expect([name, of('cart'), of('other'), of('web')]).toEqual([name, 2_000, 1_000, 0]);
    }
  });

  test('lose their series after the idle time, not before, and begin at 0 when they return', () => {
    const { counters, clock } = create({ pairSeriesTtlMs: 1_000 });
    count(counters, {}, { source: CART, destination: WEB });
    clock.ms = 999;
    count(counters, { source: CART, destination: WEB });
    expect(select(scrape(counters), CONNECTIONS)).toHaveLength(2);
    clock.ms = 1_000;
    expect(select(scrape(counters), CONNECTIONS).map(({ labels }) => labels['src_workload'])).toEqual(['cart']);
    count(counters, { record: { bytes: 3, reverseBytes: 0 } });
    const families = scrape(counters);
    expect(sumOf(families, BYTES, { src_workload: 'web' })).toBe(3);
    expect(sumOf(families, POD_BYTES, { src_workload: 'web' })).toBe(3);
    expect(sumOf(families, RETRANSMITS, { src_workload: 'web', direction: 'transmit' })).toBe(1);
    expect(counters.totals().get('workload')).toMatchObject({ pairs: 2, expired: 1 });
  });

  test.each([
    ['idle', { pairSeriesTtlMs: 1_000 }, 5],
    ['gone', { gonePodDelayMs: 0 }, 0],
  ])('%s: are not removed while a scrape is under way', (_, options, leftCount) => {
    const { counters, clock } = create({ ...options, groups: ['pod'], podPairLimit: 2_000 });
    const pods = Array.from({ length: 2_000 }, (_pod, i) =>
      createPodEnd(`10.1.${i >> 8}.${i & 255}`, `w${i}`, 1_000 + i),
    );
    count(counters, ...pods.map((source) => ({ source })));
    clock.ms = 500;
    const running = counters.exposition();
    const pieces = [running.next().value];
    clock.ms = 20_000;
    for (const pod of pods) counters.forgetPod(pod);
    count(counters, {}, ...pods.slice(0, 5).map((source) => ({ source })));
    const families = parsePrometheusText([...pieces, ...running].join(''));
    expect(select(families, POD_CONNECTIONS, { dst_workload: 'cart' })).toHaveLength(2_000);
    clock.ms = 20_500;
    const left = select(scrape(counters), POD_CONNECTIONS, { dst_workload: 'cart' });
    expect(left).toHaveLength(leftCount);
  });
});

describe('pods that are gone', () => {
  const DELAY_MS = 1_000;
  const other = createPodEnd('10.244.1.8', 'web', 8);

  function podsOf(counters: ConnectionCounters): (string | undefined)[] {
    return select(scrape(counters), POD_CONNECTIONS).map(({ labels }) => labels['src_pod']);
  }

  test('lose their series after the delay, on either side; those of workloads stay', () => {
    const { counters, clock } = create({ gonePodDelayMs: DELAY_MS });
    count(counters, {}, { source: other }, { source: CART, destination: WEB });
    counters.forgetPod(WEB);
    clock.ms = DELAY_MS - 1;
    expect(podsOf(counters)).toHaveLength(3);
    clock.ms = DELAY_MS;
    expect(podsOf(counters)).toEqual([other.podName]);
    expect(select(scrape(counters), CONNECTIONS)).toHaveLength(2);
    expect(counters.totals().get('pod')).toMatchObject({ pairs: 1, forgotten: 2, expired: 0 });
    count(counters, { source: other });
    expect(sumOf(scrape(counters), POD_BYTES, { direction: 'transmit' })).toBe(2_000);
  });

  test('go with the traffic of others where nobody scrapes', () => {
    const { counters, clock } = create({ gonePodDelayMs: DELAY_MS });
    count(counters, {});
    counters.forgetPod(WEB);
    clock.ms = DELAY_MS;
    count(counters, { source: other });
    expect(counters.totals().get('pod')).toMatchObject({ pairs: 1, forgotten: 1 });
  });

  test('leave them to a pod that has taken the name', () => {
    const { counters, clock } = create({ gonePodDelayMs: DELAY_MS });
    count(counters, {});
    counters.forgetPod(WEB);
    clock.ms = 500;
    count(counters, { source: { ...WEB, podUid: 'its-successor', address: '10.244.1.77' } });
    clock.ms = 2 * DELAY_MS;
    expect(sumOf(scrape(counters), POD_BYTES, { direction: 'transmit' })).toBe(2_000);
    counters.forgetPod({ namespaceName: WEB.namespaceName, podName: WEB.podName, podUid: 'its-successor' });
    clock.ms = 3 * DELAY_MS;
    expect(podsOf(counters)).toEqual([]);
  });

  test('are told by name where they have no UID', () => {
    const { counters, clock } = create({ gonePodDelayMs: DELAY_MS });
    count(counters, { source: { ...WEB, podUid: undefined } }, { source: other });
    counters.forgetPod({ namespaceName: 'shop', podName: WEB.podName, podUid: undefined });
    counters.forgetPod({ namespaceName: 'elsewhere', podName: other.podName, podUid: undefined });
    clock.ms = DELAY_MS;
    expect(podsOf(counters)).toEqual([other.podName]);
  });

  test('make room', () => {
    const { counters, clock } = create({ gonePodDelayMs: DELAY_MS, podPairLimit: 1 });
    count(counters, {}, { source: other });
    counters.forgetPod(WEB);
    clock.ms = DELAY_MS;
    count(counters, { source: other });
    expect(new Set(podsOf(counters))).toEqual(new Set(['other', other.podName]));
  });
});

describe('groups', () => {
  test.each([
    ['workload', BYTES, POD_BYTES],
    ['pod', POD_BYTES, BYTES],
  ] as const)('%s alone', (group, shown, hidden) => {
    const { counters } = create({ groups: [group] });
    count(counters, {});
    counters.forgetPod(WEB);
    const families = scrape(counters);
    expect(sumOf(families, shown)).toBe(6_000);
    expect(families.has(hidden)).toBe(false);
    expect([...counters.totals().keys()]).toEqual([group]);
  });

  test('none', () => {
    const { counters } = create({ groups: [] });
    count(counters, {});
    expect([...counters.exposition()]).toEqual([]);
  });
});

test('the text comes in pieces of about a thousand lines', () => {
  const { counters } = create();
  const pods = Array.from({ length: 2_000 }, (_, i) => createPodEnd(`10.1.${i >> 8}.${i & 255}`, `w${i}`, i));
  count(counters, ...pods.map((source) => ({ source, serverRecord: {} })));
  const lineCounts = [...counters.exposition()].map((piece) => piece.split('\n').length - 1);
  expect(lineCounts.reduce((sum, lines) => sum + lines)).toBeGreaterThan(100_000);
  expect(Math.max(...lineCounts)).toBeLessThan(1_100);
  expect(sumOf(scrape(counters), PACKETS, { direction: 'transmit' })).toBe(20_000);
});
