import { expect, test } from '@jest/globals';
import type { ConntrackCounters } from '../../../src/model/conntrack-counters.ts';
import type { NodeCaptureCounters } from '../../../src/model/node-capture-counters.ts';
import { NO_KERNEL_DROPS } from '../../../src/model/kernel-drop-counters.ts';
import { DnsCounters } from '../../../src/prometheus/dns-counters.ts';
import { ENRICH_METRICS } from '../../../src/prometheus/enrich-metric-list.ts';
import type { MetricDeclaration } from '../../../src/prometheus/metric-declaration.ts';
import { METRICS } from '../../../src/prometheus/metric-list.ts';
import { createNodeRegistry, type NodeMetricSources } from '../../../src/prometheus/node-registry.ts';
import { PairCounters } from '../../../src/prometheus/pair-counters.ts';
import { createSampleRecord } from '../../support/otlp-sample-records.ts';
import { parsePrometheusText, sumOf, type Family } from '../../support/prometheus-text.ts';
import { CAPTURE_COUNTERS, FLOW_COUNTERS, OTLP_COUNTERS, RECEIVE_COUNTERS } from '../../support/sample-counters.ts';

const CONNTRACK: ConntrackCounters = {
  source: 'command',
  isSynchronised: true,
  entries: 120,
  endedEntries: 20,
  eventsByKind: { new: 500, update: 0, destroy: 400 },
  overruns: 2,
  dumpsByReason: { start: 1, overrun: 2, periodic: 0 },
  dumpInterruptions: 3,
  lastDumpSeconds: 0.25,
  tableFull: 4,
  evictedEntries: 5,
  malformedMessages: 6,
};

const OBSERVED: NodeCaptureCounters = {
  observedInterfaces: { host: 7, pod: 2, uplink: 1 },
  unnamedInterfaces: 1,
  attachFailures: 2,
  framesBeforeAttach: 30,
  framesAfterLastRead: 4,
  linkEventOverruns: 0,
  namespaceScans: 12,
  forbiddenProcesses: 3,
  forbiddenNamespaces: 1,
};

function createSources(changes: Partial<NodeMetricSources> = {}): NodeMetricSources {
  return {
    version: '1.2.3',
    revision: 'abc',
    conntrackCounters: () => CONNTRACK,
    natCounters: () => ({ recordsByState: { none: 10, translated: 20, unresolved: 30 }, swappedRecords: 5 }),
    kernelDropCounters: () => NO_KERNEL_DROPS,
    stages: () => [],
    ...changes,
  };
}

function createFullSources(pairs: PairCounters): NodeMetricSources {
  return createSources({
    receiveCounters: () => RECEIVE_COUNTERS,
    relayCounters: () => ({
      requestsByOutcome: { sent: 60, retry: 9, rejected: 1 },
      refusedRequests: 2,
      inFlightRequests: 3,
      waitingRequests: 4,
      sentBytes: 8_000,
    }),
    otlpCounters: () => OTLP_COUNTERS,
    kernelDropCounters: () => ({
      isActive: true,
      packetsByReason: new Map([
        ['NETFILTER_DROP', 40],
        ['NO_SOCKET', 2],
      ]),
      skippedPackets: { rate: 1, map_full: 2, interval_full: 3, namespace: 4, no_tuple: 5 },
      records: 7,
      namespaces: 3,
    }),
    capture: {
      captureCounters: () => CAPTURE_COUNTERS,
      nodeCounters: () => OBSERVED,
      flowCounters: () => FLOW_COUNTERS,
      pairs,
      dns: new DnsCounters(),
    },
  });
}

async function scrape(sources: NodeMetricSources): Promise<Map<string, Family>> {
  return parsePrometheusText(await createNodeRegistry(sources).metrics());
}

const ofEnrichment: readonly MetricDeclaration[] = Object.values(ENRICH_METRICS);

test('a node that does everything exposes every metric but those of the enrichment as declared', async () => {
  const pairs = new PairCounters({ hasManyPods: true });
  pairs.accept([createSampleRecord(0), createSampleRecord(1, { direction: 'ingress' })]);
  const text = await createNodeRegistry(createFullSources(pairs)).metrics();
  const families = parsePrometheusText(text + [...pairs.exposition()].join(''));
  const told = [...families.values()].filter(({ name }) => name.startsWith('podflow_'));
  const declared: readonly MetricDeclaration[] = Object.values(METRICS).filter((one) => !ofEnrichment.includes(one));
  expect(new Map(told.map(({ name, type, help }) => [name, { type, help }]))).toEqual(
    new Map(declared.map(({ name, type, help }) => [name, { type, help }])),
  );
  for (const { name, labels } of declared) {
    const used = families.get(name)?.samples.flatMap((sample) => Object.keys(sample.labels)) ?? [];
    expect({ name, wrong: used.filter((label) => label !== 'le' && !labels.includes(label)) }).toEqual({
      name,
      wrong: [],
    });
  }
});

test('what a node does not do is not shown', async () => {
  const names = [...(await scrape(createSources())).keys()];
  expect(names).toContain('podflow_nat_records_total');
  expect(names.filter((name) => /_(received|relay|capture|probe_flow)_/.test(name))).toEqual([]);
});

test('drops of the kernel are told by its own names of the reasons', async () => {
  const families = await scrape(createFullSources(new PairCounters()));
  const of = (reason: string): number => sumOf(families, 'podflow_kernel_drop_packets_total', { reason });
  expect([of('NETFILTER_DROP'), of('NO_SOCKET')]).toEqual([40, 2]);
  expect(sumOf(families, 'podflow_kernel_drops_skipped_total', { reason: 'map_full' })).toBe(2);
  expect(sumOf(families, 'podflow_kernel_drops_active')).toBe(1);
  expect(sumOf(await scrape(createSources()), 'podflow_kernel_drops_active')).toBe(0);
});

test('the mirror is synchronised by its own source only', async () => {
  const families = await scrape(createSources());
  const isSynchronised = (source: string): number => sumOf(families, 'podflow_conntrack_synchronised', { source });
  expect([isSynchronised('command'), isSynchronised('netlink')]).toEqual([1, 0]);
  const without = await scrape(
    createSources({ conntrackCounters: () => ({ ...CONNTRACK, source: 'none', isSynchronised: false }) }),
  );
  expect(sumOf(without, 'podflow_conntrack_synchronised')).toBe(0);
});

test('answers that have not been given yet stand at 0', async () => {
  const families = await scrape(createFullSources(new PairCounters()));
  const of = (code: string): number => sumOf(families, 'podflow_otlp_received_requests_total', { code });
  expect([of('200'), of('404'), of('503')]).toEqual([70, 1, 0]);
  const codes = families.get('podflow_otlp_received_requests_total')?.samples.map(({ labels }) => labels['code']);
  expect(codes).toEqual(expect.arrayContaining(['400', '413', '429']));
});
