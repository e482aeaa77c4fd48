import { describe, expect, test } from '@jest/globals';
import type { FlowRecord } from '../../../src/model/flow-record.ts';
import { PairCounters, type PairCountersOptions } from '../../../src/prometheus/pair-counters.ts';
import { createSampleRecord } from '../../support/otlp-sample-records.ts';
import { parsePrometheusText, readTwice, select, sumOf, type Family } from '../../support/prometheus-text.ts';
import { describeStage } from '../../support/stage-contract.ts';

const BYTES = 'podflow_probe_flow_bytes_total';
const PACKETS = 'podflow_probe_flow_packets_total';
const CONNECTIONS = 'podflow_probe_flow_connections_total';
const DROPPED = 'podflow_probe_flow_dropped_total';
const DROPPED_PACKETS = 'podflow_probe_flow_dropped_packets_total';
const RETRANSMITS = 'podflow_probe_flow_tcp_retransmits_total';
const HANDSHAKE = 'podflow_probe_flow_handshake_seconds';

function scrape(counters: PairCounters): Map<string, Family> {
  return readTwice(counters);
}

function create(options: PairCountersOptions = {}): { counters: PairCounters; clock: { ms: number } } {
  const clock = { ms: 0 };
  return { counters: new PairCounters({ nowMs: () => clock.ms, ...options }), clock };
}

function record(changes: Partial<FlowRecord>): FlowRecord {
  return createSampleRecord(1, {
    sourceAddress: '10.0.0.1',
    destinationAddress: '10.0.0.2',
    destinationPort: 80,
    bytes: 1_000,
    packets: 10,
    reverseBytes: 5_000,
    reversePackets: 7,
    retransmits: 2,
    reverseRetransmits: 3,
    sequence: 1,
    ...changes,
  });
}

describe('whose counters they are', () => {
  test('an egress flow: the own pod is the client, the destination its peer', () => {
    const { counters } = create();
    counters.accept([record({ direction: 'egress' })]);
    const labels = { peer: '10.0.0.2', role: 'client', server_port: '80', transport: 'tcp' };
    expect(select(scrape(counters), BYTES)).toEqual([
      { name: BYTES, labels: { ...labels, direction: 'transmit' }, value: 1_000 },
      { name: BYTES, labels: { ...labels, direction: 'receive' }, value: 5_000 },
    ]);
  });

  test('with many pods the own address is told, whichever end it is', () => {
    const { counters } = create({ hasManyPods: true });
    counters.accept([record({ direction: 'egress' }), record({ direction: 'ingress' })]);
    const families = scrape(counters);
    expect(sumOf(families, BYTES, { pod_ip: '10.0.0.1', peer: '10.0.0.2', direction: 'transmit' })).toBe(1_000);
    expect(sumOf(families, BYTES, { pod_ip: '10.0.0.2', peer: '10.0.0.1', direction: 'transmit' })).toBe(5_000);
  });

  test('an ingress flow: the own pod is the server, the source its peer, and what it sends is the answer', () => {
    const { counters } = create();
    counters.accept([record({ direction: 'ingress' })]);
    const families = scrape(counters);
    const labels = { peer: '10.0.0.1', role: 'server', server_port: '80', transport: 'tcp' };
    expect(sumOf(families, BYTES, { ...labels, direction: 'transmit' })).toBe(5_000);
    expect(sumOf(families, PACKETS, { ...labels, direction: 'receive' })).toBe(10);
    expect(sumOf(families, RETRANSMITS, { ...labels, direction: 'transmit' })).toBe(3);
    expect(sumOf(families, RETRANSMITS, { ...labels, direction: 'receive' })).toBe(2);
  });

  test('an unknown direction: the source is taken for the own pod, and the role says so', () => {
    const { counters } = create();
    counters.accept([record({ direction: 'unknown' })]);
    expect(sumOf(scrape(counters), BYTES, { peer: '10.0.0.2', role: 'unknown', direction: 'transmit' })).toBe(1_000);
  });

  test('protocols without ports have an empty server port, and no TCP series', () => {
    const { counters } = create();
    const icmp = { protocolNumber: 1, transport: 'icmp', destinationPort: undefined, retransmits: undefined };
    counters.accept([record({ ...icmp, reverseRetransmits: undefined })]);
    const families = scrape(counters);
    expect(select(families, CONNECTIONS)[0]?.labels).toMatchObject({ server_port: '', transport: 'icmp' });
    expect(select(families, RETRANSMITS)).toEqual([]);
  });

  test('the same port of two protocols, and of both roles, are different pairs', () => {
    const { counters } = create();
    counters.accept([record({}), record({ protocolNumber: 17 }), record({ direction: 'unknown' })]);
    expect(select(scrape(counters), CONNECTIONS)).toHaveLength(3);
  });

  test('label values are escaped', () => {
    const { counters } = create();
    const peer = 'fe80::1%"eth\\0"\n';
    counters.accept([record({ destinationAddress: peer })]);
    expect(select(scrape(counters), CONNECTIONS)[0]?.labels['peer']).toBe(peer);
  });
});

describe('what is counted', () => {
  test('a connection counts with the first report of its flow only', () => {
    const { counters } = create();
    counters.accept([record({ sequence: 0 }), record({ sequence: 1 }), record({ sequence: 0, event: 'end' })]);
    expect(sumOf(scrape(counters), CONNECTIONS)).toBe(2);
  });

  test.each([
    { protocolNumber: 6, reasons: ['connection_refused', 'syn_unanswered'] },
    { protocolNumber: 17, reasons: ['port_unreachable'] },
    { protocolNumber: 132, reasons: [] },
  ])('drop series of protocol $protocolNumber stand at 0 from the first sight', ({ protocolNumber, reasons }) => {
    const { counters } = create();
    counters.accept([record({ protocolNumber, verdict: 'forwarded' })]);
    const families = scrape(counters);
    const shown = select(families, DROPPED);
    expect(new Set(shown.map(({ labels }) => labels['reason']))).toEqual(new Set(reasons));
    expect(shown.every(({ value }) => value === 0)).toBe(true);
    expect(select(families, DROPPED_PACKETS).map(({ value }) => value)).toEqual([0]);
  });

  test('a failing flow counts once per verdict, its packets with each report', () => {
    const { counters } = create();
    const dropped = { verdict: 'dropped', dropReason: 'syn_unanswered', dropPackets: 2 } as const;
    const rejected = { verdict: 'rejected', dropReason: 'host_unreachable', dropPackets: 1 } as const;
    counters.accept([record({ ...dropped, sequence: 0 }), record({ ...dropped, sequence: 1 })]);
    counters.accept([record({ ...rejected, sequence: 2 }), record({ ...rejected, sequence: 3, event: 'end' })]);
    const families = scrape(counters);
    expect(sumOf(families, DROPPED, { reason: 'syn_unanswered' })).toBe(1);
    expect(sumOf(families, DROPPED, { reason: 'host_unreachable' })).toBe(1);
    expect(sumOf(families, DROPPED_PACKETS)).toBe(6);
  });

  test('a failure that tells no reason counts as unknown', () => {
    const { counters } = create();
    counters.accept([record({ verdict: 'dropped', dropReason: undefined })]);
    expect(sumOf(scrape(counters), DROPPED, { reason: 'unknown' })).toBe(1);
  });

  test('handshakes fall into the buckets of the own role', () => {
    const { counters } = create();
    counters.accept([200_000, 5e6, 1.5e9, 60e9].map((handshakeNs) => record({ handshakeNs, direction: 'ingress' })));
    const own = { role: 'server' };
    const { samples = [] } = scrape(counters).get(HANDSHAKE) ?? {};
    const at = (le: string): number | undefined =>
      samples.find(({ labels }) => labels['role'] === 'server' && labels['le'] === le)?.value;
    expect([at('0.0001'), at('0.00025'), at('0.0025'), at('0.005'), at('1'), at('3'), at('10'), at('+Inf')]).toEqual([
      0, 1, 1, 2, 2, 3, 3, 4,
    ]);
    const sum = samples.find(({ name, labels }) => name.endsWith('_sum') && labels['role'] === own.role);
    expect(sum?.value).toBeCloseTo(61.5052, 6);
  });
});

describe('the cap on pairs', () => {
  test('what is beyond counts into other, and all sums stay right', () => {
    const { counters } = create({ pairSeriesLimit: 50 });
    const transports = [
      { transport: 'tcp', protocolNumber: 6 },
      { transport: 'udp', protocolNumber: 17 },
    ];
    const records = Array.from({ length: 2_000 }, (_, i) =>
      record({
        ...transports[i % 2],
        direction: i % 3 === 0 ? 'ingress' : 'egress',
        sourceAddress: `10.1.${i % 17}.9`,
        destinationAddress: `10.2.0.${i % 201}`,
        destinationPort: 1 + (i % 23),
        bytes: i,
        sequence: i % 2,
      }),
    );
    counters.accept(records);
    const families = scrape(counters);
    const own = select(families, CONNECTIONS).filter(({ labels }) => labels['peer'] !== 'other');
    const other = select(families, CONNECTIONS, { peer: 'other', server_port: 'other' });
    expect([own.length, other.length]).toEqual([50, 4]);
    expect(counters.totals()).toMatchObject({ pairs: 50, expired: 0 });
    expect(sumOf(families, BYTES)).toBe(records.reduce((sum, one) => sum + one.bytes + one.reverseBytes, 0));
    expect(sumOf(families, PACKETS)).toBe(2_000 * 17);
    expect(sumOf(families, CONNECTIONS)).toBe(1_000);
    expect(sumOf(families, CONNECTIONS, { transport: 'udp' })).toBe(0);
    expect(sumOf(families, PACKETS, { transport: 'udp' })).toBe(1_000 * 17);
    expect(sumOf(families, PACKETS, { role: 'server' })).toBe(667 * 17);
  });

  test('a known pair keeps its series when the table is full', () => {
    const { counters } = create({ pairSeriesLimit: 1 });
    counters.accept([record({}), record({ destinationPort: 81 }), record({})]);
    const families = scrape(counters);
    expect(sumOf(families, BYTES, { server_port: '80', direction: 'transmit' })).toBe(2_000);
    expect(sumOf(families, BYTES, { peer: 'other', direction: 'transmit' })).toBe(1_000);
    expect(counters.totals().overflowRecords).toBe(1);
  });

  test('with a limit of 0 there are sums only', () => {
    const { counters } = create({ pairSeriesLimit: 0 });
    counters.accept([record({}), record({ destinationPort: 81 })]);
    expect(select(scrape(counters), CONNECTIONS).map(({ labels }) => labels['peer'])).toEqual(['other']);
  });

  test('idle pairs make room for new ones without a scrape', () => {
    const { counters, clock } = create({ pairSeriesLimit: 1, pairSeriesTtlMs: 1_000 });
    counters.accept([record({})]);
    clock.ms = 1_000;
    counters.accept([record({ destinationPort: 81 })]);
    expect(select(scrape(counters), CONNECTIONS).map(({ labels }) => labels['server_port'])).toEqual(['81']);
  });
});

describe('pairs without traffic', () => {
  test('lose their series after the idle time, not before, and begin at 0 when they return', () => {
    const { counters, clock } = create({ pairSeriesTtlMs: 1_000 });
    counters.accept([record({})]);
    clock.ms = 999;
    counters.accept([record({ destinationPort: 81 })]);
    expect(select(scrape(counters), CONNECTIONS)).toHaveLength(2);
    clock.ms = 1_000;
    expect(select(scrape(counters), CONNECTIONS).map(({ labels }) => labels['server_port'])).toEqual(['81']);
    counters.accept([record({ bytes: 3 })]);
    expect(sumOf(scrape(counters), BYTES, { server_port: '80', direction: 'transmit' })).toBe(3);
    expect(counters.totals()).toEqual({ pairs: 2, expired: 1, overflowRecords: 0 });
  });

  test('other stays, and takes nothing of what went', () => {
    const { counters, clock } = create({ pairSeriesLimit: 1, pairSeriesTtlMs: 1_000 });
    counters.accept([record({}), record({ destinationPort: 81, bytes: 4 })]);
    clock.ms = 5_000;
    expect(select(scrape(counters), BYTES, { direction: 'transmit' })).toMatchObject([
      { labels: { peer: 'other' }, value: 4 },
    ]);
  });

  test('are not removed while a scrape is under way, so that none appears twice', () => {
    const { counters, clock } = create({ pairSeriesLimit: 2_000, pairSeriesTtlMs: 1_000 });
    const pairs = Array.from({ length: 2_000 }, (_, i) => record({ destinationPort: 1 + i }));
    counters.accept(pairs);
    clock.ms = 500;
    const running = counters.exposition();
    const pieces = [running.next().value, running.next().value];
    clock.ms = 2_000;
    counters.accept([record({ destinationPort: 5_000 }), ...pairs.slice(0, 10)]);
    const families = parsePrometheusText([...pieces, ...running].join(''));
    expect(select(families, CONNECTIONS, { peer: '10.0.0.2' })).toHaveLength(2_000);
    expect(select(scrape(counters), CONNECTIONS, { peer: '10.0.0.2' })).toHaveLength(10);
  });

  test('a scrape that is given up lets them go again', () => {
    const { counters, clock } = create({ pairSeriesTtlMs: 1_000 });
    counters.accept([record({})]);
    for (const piece of counters.exposition()) {
      expect(piece).not.toBe('');
      break;
    }
    clock.ms = 2_000;
    expect(select(scrape(counters), CONNECTIONS)).toEqual([]);
  });
});

test('the text comes in pieces of about a thousand lines', () => {
  const { counters } = create();
  counters.accept(Array.from({ length: 5_000 }, (_, i) => record({ destinationPort: 1 + i })));
  const lineCounts = [...counters.exposition()].map((piece) => piece.split('\n').length - 1);
  expect(lineCounts.reduce((sum, lines) => sum + lines)).toBeGreaterThan(50_000);
  expect(Math.max(...lineCounts)).toBeLessThan(1_100);
});

test('the account forwards whatever comes, also what counts into other', () => {
  const { counters } = create({ pairSeriesLimit: 1 });
  counters.accept([record({}), record({ destinationPort: 81 })]);
  expect(counters.account()).toMatchObject({
    received: { records: 2, frames: 34 },
    forwarded: { records: 2, frames: 34 },
    held: { records: 0, frames: 0 },
  });
  expect(counters.account().dropped.size).toBe(0);
});

describeStage('PairCounters', () => ({
  stage: new PairCounters(),
  batch: [record({}), record({ destinationPort: 81 })],
  amount: { records: 2, frames: 34 },
}));
