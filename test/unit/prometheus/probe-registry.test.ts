import { beforeEach, describe, expect, test } from '@jest/globals';
import { StageCounters } from '../../../src/lib/stage-counters.ts';
import { DnsCounters } from '../../../src/prometheus/dns-counters.ts';
import { ENRICH_METRICS } from '../../../src/prometheus/enrich-metric-list.ts';
import type { MetricDeclaration } from '../../../src/prometheus/metric-declaration.ts';
import { METRICS } from '../../../src/prometheus/metric-list.ts';
import { NODE_METRICS } from '../../../src/prometheus/node-metric-list.ts';
import { PairCounters } from '../../../src/prometheus/pair-counters.ts';
import { createProbeRegistry, type ProbeMetricSources } from '../../../src/prometheus/probe-registry.ts';
import { createSampleRecords } from '../../support/otlp-sample-records.ts';
import { CAPTURE_COUNTERS, FLOW_COUNTERS, OTLP_COUNTERS } from '../../support/sample-counters.ts';
import { parsePrometheusText, select, sumOf, type Family } from '../../support/prometheus-text.ts';

function createStage(name: string): { name: string; account: () => StageCounters; counters: StageCounters } {
  const counters = new StageCounters();
  return { name, account: () => counters, counters };
}

let reads: Record<string, number>;
let pairs: PairCounters;

const ofOthers: readonly MetricDeclaration[] = [...Object.values(NODE_METRICS), ...Object.values(ENRICH_METRICS)];

function counted<T>(name: string, value: T): () => T {
  return () => {
    reads[name] = (reads[name] ?? 0) + 1;
    return value;
  };
}

function createSources(changes: Partial<ProbeMetricSources> = {}): ProbeMetricSources {
  return {
    version: '1.2.3',
    revision: 'abc',
    captureCounters: counted('capture', CAPTURE_COUNTERS),
    flowCounters: counted('flow', FLOW_COUNTERS),
    stages: () => [],
    otlpCounters: counted('otlp', OTLP_COUNTERS),
    pairs,
    dns: new DnsCounters(),
    ...changes,
  };
}

async function scrape(changes: Partial<ProbeMetricSources> = {}): Promise<Map<string, Family>> {
  return parsePrometheusText(await createProbeRegistry(createSources(changes)).metrics());
}

beforeEach(() => {
  reads = {};
  pairs = new PairCounters({ pairSeriesLimit: 3 });
});

test('every metric but those of other roles is exposed as declared, and no other of podflow', async () => {
  pairs.accept(createSampleRecords(20));
  const text = await createProbeRegistry(createSources()).metrics();
  const families = parsePrometheusText(text + [...pairs.exposition()].join(''));
  const own = [...families.values()].filter(({ name }) => name.startsWith('podflow_'));
  const declared: readonly MetricDeclaration[] = Object.values(METRICS).filter((one) => !ofOthers.includes(one));
  expect(own.map(({ name, type, help }) => ({ name, type, help })).toSorted(byName)).toEqual(
    declared.map(({ name, type, help }) => ({ name, type, help })).toSorted(byName),
  );
  for (const { name, labels } of declared) {
    const used = families.get(name)?.samples.flatMap((sample) => Object.keys(sample.labels)) ?? [];
    expect({ name, used: used.filter((label) => label !== 'le' && !labels.includes(label)) }).toEqual({
      name,
      used: [],
    });
  }
});

test('captured frames and bytes by outcome add up to what the interface counted', async () => {
  const families = await scrape();
  expect(sumOf(families, 'podflow_capture_frames_total')).toBe(
    sumOf(families, 'podflow_capture_interface_frames_total'),
  );
  expect(sumOf(families, 'podflow_capture_bytes_total')).toBe(sumOf(families, 'podflow_capture_interface_bytes_total'));
  expect(sumOf(families, 'podflow_capture_frames_total', { outcome: 'missed' })).toBe(20);
  expect(sumOf(families, 'podflow_capture_copied_packets_total')).toBe(12);
  expect(sumOf(families, 'podflow_capture_copy_lost_packets_total')).toBe(1);
  expect(sumOf(families, 'podflow_capture_tagged_frames_total')).toBe(3);
});

test('the flow table explains the attributed frames', async () => {
  const families = await scrape();
  const attributed = sumOf(families, 'podflow_capture_frames_total', { outcome: 'attributed' });
  expect(sumOf(families, 'podflow_flow_table_frames_total')).toBe(attributed);
  expect(sumOf(families, 'podflow_flow_table_flows')).toBe(7);
  expect(sumOf(families, 'podflow_flow_table_refused_flows_total')).toBe(9);
  expect(sumOf(families, 'podflow_flow_ended_total', { reason: 'forced_end' })).toBe(4);
  expect(select(families, 'podflow_flow_ended_total')).toHaveLength(5);
});

test('each source is read once a scrape, so that values which belong together are of one moment', async () => {
  await scrape();
  expect(reads).toEqual({ capture: 1, flow: 1, otlp: 1 });
});

test('a second scrape tells the present values, not sums of both', async () => {
  const registry = createProbeRegistry(createSources());
  await registry.metrics();
  const families = parsePrometheusText(await registry.metrics());
  expect(sumOf(families, 'podflow_capture_frames_total')).toBe(1_000);
  expect(sumOf(families, 'podflow_otlp_retries_total')).toBe(2);
});

test('a file capture shows no interface counters', async () => {
  const captureCounters = counted('file', {
    ...CAPTURE_COUNTERS,
    interfaceFrames: undefined,
    interfaceBytes: undefined,
  });
  const families = await scrape({ captureCounters });
  expect(select(families, 'podflow_capture_interface_frames_total')).toEqual([]);
  expect(select(families, 'podflow_capture_interface_bytes_total')).toEqual([]);
});

describe('stages', () => {
  test('tell received = forwarded + dropped + held, in records and frames', async () => {
    const otlp = createStage('otlp');
    otlp.counters.receive(100, 1_000);
    otlp.counters.forward(70, 640);
    otlp.counters.drop('queue_full', 10, 110);
    otlp.counters.drop('rejected', 5, 50);
    const families = await scrape({ stages: () => [otlp, createStage('output')] });
    expect(sumOf(families, 'podflow_stage_records_total', { stage: 'otlp', outcome: 'received' })).toBe(100);
    expect(sumOf(families, 'podflow_stage_records_total', { stage: 'otlp', reason: 'queue_full' })).toBe(10);
    expect(sumOf(families, 'podflow_stage_frames_total', { stage: 'otlp', outcome: 'dropped' })).toBe(160);
    expect(sumOf(families, 'podflow_stage_held_records', { stage: 'otlp' })).toBe(15);
    expect(sumOf(families, 'podflow_stage_held_frames', { stage: 'otlp' })).toBe(200);
    expect(sumOf(families, 'podflow_stage_records_total', { stage: 'output' })).toBe(0);
  });

  test('show every reason at 0 from the start', async () => {
    const families = await scrape({ stages: () => [createStage('otlp')] });
    const dropped = select(families, 'podflow_stage_records_total', { outcome: 'dropped' });
    expect(dropped).toContainEqual(
      expect.objectContaining({ labels: expect.objectContaining({ reason: 'deadline' }) }),
    );
    expect(dropped.every(({ value }) => value === 0)).toBe(true);
  });

  test('that come later are shown by the next scrape', async () => {
    const stages = [createStage('a')];
    const registry = createProbeRegistry(createSources({ stages: () => stages }));
    await registry.metrics();
    stages.push(createStage('b'));
    const families = parsePrometheusText(await registry.metrics());
    expect(select(families, 'podflow_stage_held_records').map(({ labels }) => labels['stage'])).toEqual(['a', 'b']);
  });
});

describe('OTLP_COUNTERS', () => {
  test('tells requests by outcome and when the last was taken', async () => {
    const families = await scrape();
    expect(sumOf(families, 'podflow_otlp_requests_total', { outcome: 'rejected' })).toBe(1);
    expect(sumOf(families, 'podflow_otlp_sent_records_total')).toBe(5_000);
    expect(sumOf(families, 'podflow_otlp_last_success_timestamp_seconds')).toBe(1_795_258_800.25);
  });

  test('shows no time before the first success, and nothing where nothing is exported', async () => {
    const early = await scrape({ otlpCounters: () => ({ ...OTLP_COUNTERS, lastSuccessMs: undefined }) });
    expect(select(early, 'podflow_otlp_last_success_timestamp_seconds')).toEqual([]);
    const none = await scrape({ otlpCounters: undefined });
    expect([...none.keys()].filter((name) => name.includes('otlp'))).toEqual([]);
  });
});

test('the build and the process are told', async () => {
  const families = await scrape();
  const labels = { version: '1.2.3', revision: 'abc', node_version: process.version };
  expect(families.get('podflow_build_info')?.samples).toEqual([{ name: 'podflow_build_info', labels, value: 1 }]);
  expect(sumOf(families, 'process_resident_memory_bytes')).toBeGreaterThan(1e6);
  expect([...families.keys()].filter((name) => /eventloop_lag_p\d\d/.test(name))).toEqual([]);
  expect(families.has('nodejs_eventloop_lag_seconds')).toBe(true);
});

test('no revision, no label', async () => {
  const families = await scrape({ revision: undefined });
  expect(select(families, 'podflow_build_info')[0]?.labels).toEqual({
    version: '1.2.3',
    node_version: process.version,
  });
});

function byName(a: { name: string }, b: { name: string }): number {
  return a.name < b.name ? -1 : 1;
}
