import { dirname, join } from 'node:path/posix';
import { expect, test } from '@jest/globals';
import { StageCounters } from '../../../src/lib/stage-counters.ts';
import { ConnectionCounters } from '../../../src/prometheus/connection/connection-counters.ts';
import { ENRICH_METRICS } from '../../../src/prometheus/enrich-metric-list.ts';
import { createEnrichRegistry, type EnrichMetricSources } from '../../../src/prometheus/enrich-registry.ts';
import type { MetricDeclaration } from '../../../src/prometheus/metric-declaration.ts';
import { METRICS } from '../../../src/prometheus/metric-list.ts';
import { CONNECTION_CASES } from '../../support/connection-cases.ts';
import { parsePrometheusText, select, sumOf, type Family } from '../../support/prometheus-text.ts';
import { createSampleConnection, createSampleConnections } from '../../support/sample-connections.ts';
import { RECEIVE_COUNTERS } from '../../support/sample-counters.ts';
import {
  BODY_MAP_COUNTERS,
  ELASTICSEARCH_COUNTERS,
  KUBERNETES_COUNTERS,
  MAP_COUNTERS,
  NAME_INDEX_COUNTERS,
  STITCH_COUNTERS,
} from '../../support/sample-enrich-counters.ts';
import { readSourceFiles } from '../../support/source-files.ts';

const BUILD = { version: '1.2.3', revision: 'abc' };

function createSources(pairs = new ConnectionCounters()): EnrichMetricSources {
  return {
    ...BUILD,
    stages: () => [{ name: 'receive', account: () => new StageCounters() }],
    receiveCounters: () => RECEIVE_COUNTERS,
    kubernetesCounters: () => KUBERNETES_COUNTERS,
    nameIndexCounters: () => NAME_INDEX_COUNTERS,
    stitchCounters: () => STITCH_COUNTERS,
    elasticsearchCounters: () => ELASTICSEARCH_COUNTERS,
    bodyMapCounters: () => BODY_MAP_COUNTERS,
    mapCounters: () => MAP_COUNTERS,
    pairs,
  };
}

async function scrape(sources: EnrichMetricSources): Promise<Map<string, Family>> {
  return parsePrometheusText(await createEnrichRegistry(sources).metrics());
}

test('a service that does everything exposes every metric of its own as declared, and what roles share', async () => {
  const pairs = new ConnectionCounters();
  pairs.accept([...createSampleConnections(200), ...Object.values(CONNECTION_CASES)]);
  const text = await createEnrichRegistry(createSources(pairs)).metrics();
  const families = parsePrometheusText(text + [...pairs.exposition()].join(''));
  const shared = Object.entries<MetricDeclaration>(METRICS).filter(([key]) => /^(build|stage|received)/.test(key));
  const declared: readonly MetricDeclaration[] = [
    ...Object.values(ENRICH_METRICS),
    ...shared.map(([, declaration]) => declaration),
  ];
  const told = [...families.values()].filter(({ name }) => name.startsWith('podflow_'));
  expect(new Map(told.map(({ name, type, help }) => [name, { type, help }]))).toEqual(
    new Map(declared.map(({ name, type, help }) => [name, { type, help }])),
  );
  for (const { name, labels } of declared) {
    const used = new Set(families.get(name)?.samples.flatMap((sample) => Object.keys(sample.labels)));
    used.delete('le');
    expect({ name, missing: labels.filter((label) => !used.delete(label)), wrong: [...used] }).toEqual({
      name,
      missing: [],
      wrong: [],
    });
  }
});

test('what a service does not do is not shown', async () => {
  const names = [...(await scrape({ ...BUILD, stages: () => [] })).keys()];
  expect(names.filter((name) => name.startsWith('podflow_') && !name.startsWith('podflow_stage_'))).toEqual([
    'podflow_build_info',
  ]);
});

test('records received to be joined are those told by outcome and those held', async () => {
  const families = await scrape(createSources());
  const received = sumOf(families, 'podflow_stitch_received_records_total');
  expect(received).toBe(STITCH_COUNTERS.receivedRecords);
  expect(sumOf(families, 'podflow_stitch_records_total') + sumOf(families, 'podflow_stitch_held_records')).toBe(
    received,
  );
  expect(sumOf(families, 'podflow_stitch_records_total', { outcome: 'duplicate' })).toBe(30);
  expect(sumOf(families, 'podflow_stitch_records_total', { outcome: 'sent_back' })).toBe(40);
  const connections = sumOf(families, 'podflow_stitch_connections_total');
  expect(sumOf(families, 'podflow_stitch_ends_total')).toBe(2 * connections);
});

test('a kind whose first list is not in has no age', async () => {
  const families = await scrape(createSources());
  const ages = select(families, 'podflow_kubernetes_newest_event_age_seconds');
  expect(ages.map(({ labels, value }) => [labels['kind'], value])).toEqual([['Pod', 1.5]]);
  for (const state of ['listed', 'watching', 'permitted']) {
    const of = (kind: string): number => sumOf(families, `podflow_kubernetes_${state}`, { kind });
    expect([state, of('Pod'), of('Service')]).toEqual([state, 1, 0]);
  }
  expect(sumOf(families, 'podflow_kubernetes_watch_ends_total', { kind: 'Pod', reason: 'failed' })).toBe(4);
  expect(sumOf(families, 'podflow_kubernetes_unusable_objects_total', { kind: 'Job' })).toBe(
    NAME_INDEX_COUNTERS.unusableObjects.Job,
  );
});

test('bulk requests are told by status, usual ones from the start, unanswered ones apart', async () => {
  const families = await scrape(createSources());
  const codes = select(families, 'podflow_elasticsearch_requests_total').map(({ labels, value }) => [
    labels['code'],
    value,
  ]);
  expect(new Map(codes as [string, number][])).toEqual(
    new Map([
      ['200', 60],
      ['413', 0],
      ['429', 0],
      ['502', 7],
      ['503', 0],
      ['none', 5],
    ]),
  );
  expect(sumOf(families, 'podflow_elasticsearch_documents_total')).toBe(456);
});

test('pairs are told by group, with what became of them', async () => {
  const clock = { ms: 0 };
  const pairs = new ConnectionCounters({ podPairLimit: 1, gonePodDelayMs: 0, nowMs: () => clock.ms });
  const [first, second] = [createSampleConnection(), createSampleConnection()];
  pairs.accept([first, { ...second, source: second.destination }]);
  pairs.forgetPod(first.source);
  for (const piece of pairs.exposition()) expect(piece).not.toBe('');
  const families = await scrape(createSources(pairs));
  const of = (name: string, labels: Record<string, string>): number => sumOf(families, name, labels);
  expect(of('podflow_flow_pairs', { group: 'workload' })).toBe(2);
  expect(of('podflow_flow_pairs', { group: 'pod' })).toBe(0);
  expect(of('podflow_flow_pairs_removed_total', { group: 'pod', reason: 'pod_gone' })).toBe(1);
  expect(of('podflow_flow_pair_overflow_records_total', { group: 'pod' })).toBe(1);
  expect(of('podflow_flow_pair_overflow_records_total', { group: 'workload' })).toBe(0);
});

test('other roles load nothing of the families of connections', () => {
  const files = new Map(readSourceFiles('src', /\.ts$/).map(({ path, text }) => [path, text]));
  const loaded = new Set<string>();
  const load = (path: string): void => {
    if (loaded.has(path)) return;
    loaded.add(path);
    const imports = (files.get(path) ?? '').matchAll(/^(?:import|export) (?!type).*?'(\.{1,2}\/[^']+)';$/gms);
    for (const [, target = ''] of imports) load(join(dirname(path), target));
  };
  load('src/prometheus/probe-registry.ts');
  load('src/prometheus/node-registry.ts');
  load('src/prometheus/pair-counters.ts');
  expect(loaded.size).toBeGreaterThan(20);
  expect([...loaded].filter((path) => /connection|enrich-registry|kubernetes|elastic|stitch/.test(path))).toEqual([]);
});
