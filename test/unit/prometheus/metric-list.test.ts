import { readFileSync } from 'node:fs';
import { expect, test } from '@jest/globals';
import type { MetricDeclaration } from '../../../src/prometheus/metric-declaration.ts';
import { METRICS } from '../../../src/prometheus/metric-list.ts';
import { toMetricsDoc } from '../../../src/prometheus/metrics-doc.ts';

const DECLARATIONS: readonly MetricDeclaration[] = Object.values(METRICS);

/** What https://prometheus.io/docs/practices/naming asks, as a list of complaints. */
function findNamingFaults({ name, type, unit, labels, help }: MetricDeclaration): string[] {
  const base = type === 'counter' ? name.replace(/_total$/, '') : name;
  const faults = {
    'not snake case with the prefix podflow_': !/^podflow(_[a-z][a-z0-9]*)+$/.test(name),
    'a counter ends in _total, nothing else does': (type === 'counter') !== name.endsWith('_total'),
    'the unit is not the last word': (unit === 'bytes' || unit === 'seconds') && !base.endsWith(`_${unit}`),
    'a unit in the name that is not declared': unit !== 'bytes' && unit !== 'seconds' && /_(bytes|seconds)$/.test(base),
    'not a base unit': /_(ms|milliseconds|nanoseconds|ns|us|minutes|kib|mib|kb|mb|kilobytes|percent)(_|$)/.test(name),
    'an info metric is a gauge called _info': (unit === 'info') !== (type === 'gauge' && name.endsWith('_info')),
    'a suffix that the text format keeps for itself': /_(bucket|count|sum|created)$/.test(base),
    'a wrong label name': labels.some((label) => !/^[a-z][a-z0-9]*(_[a-z0-9]+)*$/.test(label)),
    'a label twice': new Set(labels).size !== labels.length,
    'a label that the text format keeps for itself': labels.includes('le') || labels.includes('quantile'),
    'help is no sentence': !/^[A-Z].*\.$/.test(help),
  };
  return Object.entries(faults).flatMap(([fault, found]) => (found ? [`${name}: ${fault}`] : []));
}

test('every metric is named as Prometheus asks', () => {
  expect(DECLARATIONS.length).toBeGreaterThan(30);
  expect(DECLARATIONS.flatMap(findNamingFaults)).toEqual([]);
});

test('the naming test finds planted faults', () => {
  const planted = { type: 'counter', unit: 'count', labels: [], help: 'Things.' } as const;
  expect(findNamingFaults({ ...planted, name: 'podflow_things' })).toHaveLength(1);
  expect(findNamingFaults({ ...planted, name: 'flow_things_total' })).toHaveLength(1);
  expect(findNamingFaults({ ...planted, name: 'podflow_Things_total' })).toHaveLength(1);
  expect(findNamingFaults({ ...planted, name: 'podflow_delay_ms_total' })).toHaveLength(1);
  expect(findNamingFaults({ ...planted, name: 'podflow_things_total', unit: 'bytes' })).toHaveLength(1);
  expect(findNamingFaults({ ...planted, name: 'podflow_things_total', type: 'gauge' })).toHaveLength(1);
  expect(findNamingFaults({ ...planted, name: 'podflow_things_total', labels: ['Peer'] })).toHaveLength(1);
});

test('no name is declared twice', () => {
  const names = DECLARATIONS.map(({ name }) => name);
  expect(names).toEqual([...new Set(names)]);
});

test('metrics.md is fresh: else run node src/prometheus/write-metrics-doc.ts', () => {
  const page = readFileSync(new URL('../../../src/prometheus/metrics.md', import.meta.url), 'utf8');
  expect(page).toBe(toMetricsDoc());
  for (const { name } of DECLARATIONS) expect(page).toContain(`| \`${name}\` `);
});
