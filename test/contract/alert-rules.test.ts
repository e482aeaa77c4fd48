import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { parse } from 'yaml';
import { DROP_REASONS } from '../../src/model/drop-reason.ts';
import { POLICY_FINDINGS } from '../../src/model/policy-judgement.ts';
import type { MetricDeclaration } from '../../src/prometheus/metric-declaration.ts';
import { METRICS } from '../../src/prometheus/metric-list.ts';
import {
  OPERATOR_RULES_PATH,
  readAlerts,
  readRules,
  readRunbookQueries,
  RULES_PATH,
  RUNBOOKS_PATH,
  type Rule,
} from '../support/alert-rules.ts';
import { ROOT } from '../support/source-files.ts';

const ALERTS = `PodflowFlowsDropped PodflowPolicyDenied PodflowConnectionsRefused PodflowUnexpectedlyAllowed
  PodflowLossBetweenPods PodflowDataLoss`.split(/\s+/);
const RUNBOOKS = readFileSync(RUNBOOKS_PATH, 'utf8');
const DECLARED = new Map(Object.values<MetricDeclaration>(METRICS).map((metric) => [metric.name, metric]));
const RULES = readRules();
/** For titles: what each is called, `loss` apart. */
const NAMED_RULES = RULES.map((rule) => {
  const { alert, record = alert, labels = {} } = rule;
  return { rule, title: [record, labels['loss']].filter((word) => word !== undefined).join(' ') };
});
/** Of the scrape, or of who collects several clusters. */
const TARGET_LABELS = ['cluster', 'job', 'instance'];
const BY = /\bby \(([^)]*)\)/g;
const SELECTOR = /\b(podflow_\w+|\w+(?::\w+){1,2})(?:\{([^}]*)\})?/g;

interface Selector {
  readonly name: string;
  readonly matchers: readonly { readonly label: string; readonly text: string }[];
}

function toSelectors(expression: string): Selector[] {
  return [...expression.matchAll(SELECTOR)].map(([, name = '', text = '']) => ({
    name,
    matchers: [...text.matchAll(/(\w+)\s*[=!]~?\s*"([^"]*)"/g)].map(([, label = '', value = '']) => ({
      label,
      text: value,
    })),
  }));
}

function split(list: string): string[] {
  return list.split(',').map((label) => label.trim());
}

/** The labels that a name may have in an expression: a metric's own, or what the rules that record it leave. */
function labelsOf(name: string): readonly string[] {
  const metric = DECLARED.get(name);
  if (metric !== undefined) return [...metric.labels, ...TARGET_LABELS];
  const recorded = RULES.filter(({ record }) => record === name);
  if (recorded.length === 0) throw new TypeError(`nobody declares or records ${name}`);
  return recorded.flatMap((rule) => resultLabels(rule));
}

/** The labels of what a rule gives. */
function resultLabels({ expr, labels = {} }: Rule): readonly string[] {
  const grouped = [...expr.matchAll(BY)].flatMap(([, list = '']) => split(list));
  const all = grouped.length > 0 ? grouped : toSelectors(expr).flatMap(({ name }) => labelsOf(name));
  return [...all, ...Object.keys(labels)];
}

function toAnchor(url: string | undefined): string {
  return url?.split('#')[1] ?? 'none';
}

describe('the alert rules', () => {
  test('are those that were asked for, and each has one group of tests for firing and not firing', () => {
    expect(readAlerts().map(({ alert }) => alert)).toEqual(ALERTS);
    const tested = readFileSync(join(ROOT, 'grafana/alerts/podflow.rules.test.yaml'), 'utf8');
    const { tests } = parse(tested, { maxAliasCount: -1 }) as {
      tests: { alert_rule_test?: { alertname: string; exp_alerts?: object[] }[] }[];
    };
    const cases = tests.flatMap(({ alert_rule_test: list = [] }) => list);
    for (const alert of ALERTS) {
      const own = cases.filter(({ alertname }) => alertname === alert);
      expect(own.filter(({ exp_alerts: fired = [] }) => fired.length > 0).length).toBeGreaterThan(0);
      expect(own.filter(({ exp_alerts: fired = [] }) => fired.length === 0).length).toBeGreaterThan(1);
    }
  });

  test.each(NAMED_RULES)('$title uses declared metrics and labels alone', ({ rule }) => {
    const selectors = toSelectors(rule.expr);
    expect(selectors.length).toBeGreaterThan(0);
    for (const { name, matchers } of selectors)
      expect(labelsOf(name)).toEqual(expect.arrayContaining(matchers.map(({ label }) => label)));
    const possible = [...selectors.flatMap(({ name }) => labelsOf(name)), ...TARGET_LABELS];
    const grouped = [...rule.expr.matchAll(BY)].flatMap(([, list = '']) => split(list));
    expect(possible).toEqual(expect.arrayContaining(grouped));
  });

  test('match words that exist', () => {
    const words: Readonly<Record<string, readonly string[]>> = { reason: DROP_REASONS, finding: POLICY_FINDINGS };
    const selectors = RULES.flatMap(({ expr }) => toSelectors(expr)).filter(({ name }) =>
      name.includes('podflow_flow_'),
    );
    const matchers = selectors.flatMap((selector) => selector.matchers).filter(({ label }) => label in words);
    expect(matchers.length).toBeGreaterThan(3);
    for (const { label, text } of matchers) expect(words[label]).toEqual(expect.arrayContaining(text.split('|')));
  });

  test.each(readAlerts())('$alert tells what it means, how bad it is and what to do', (rule) => {
    const { alert, labels, annotations = {} } = rule;
    expect(['critical', 'warning']).toContain(labels?.['severity']);
    expect(rule.for).toMatch(/^\d+m$/);
    for (const name of ['summary', 'description']) {
      expect(annotations[name]).toMatch(/^\S.{30,}\.$/s);
      const used = [...(annotations[name] ?? '').matchAll(/\$labels\.(\w+)/g)].map(([, label = '']) => label);
      expect(resultLabels(rule)).toEqual(expect.arrayContaining(used));
    }
    expect(annotations['runbook_url']).toBe(`https://podflow.example/grafana/runbooks.md#${alert.toLowerCase()}`);
    expect(RUNBOOKS.match(/^## .*$/gm)?.map((heading) => heading.slice(3).toLowerCase())).toContain(
      toAnchor(annotations['runbook_url']),
    );
  });

  test('have runbooks that say what it means, where to look, why and what to do', () => {
    for (const alert of ALERTS) {
      const section = RUNBOOKS.split(`\n## ${alert}\n`)[1]?.split('\n## ')[0] ?? '';
      for (const part of ['What it means', 'First look', 'Likely causes', 'What to do'])
        expect(section).toContain(`**${part}.**`);
      expect(section).toMatch(/```promql\n/);
    }
  });

  test('have runbooks whose queries and fields exist', () => {
    const queries = readRunbookQueries();
    expect(queries.length).toBeGreaterThanOrEqual(ALERTS.length);
    for (const { name, matchers } of queries.flatMap(toSelectors))
      expect(labelsOf(name)).toEqual(expect.arrayContaining(matchers.map(({ label }) => label)));
    const documented = readFileSync(join(ROOT, 'src/ecs/document/fields.md'), 'utf8');
    const fields = RUNBOOKS.match(/\b(?:source|destination|podflow|event|rule)\.\w+(?:\.\w+)*/g) ?? [];
    expect(fields.length).toBeGreaterThan(10);
    const files = ['podflow.rules', 'podflow.flow'];
    for (const field of fields.filter((name) => !files.some((file) => name.startsWith(file))))
      expect(documented).toContain(`\`${field}`);
  });

  test('are the same for the Prometheus operator', () => {
    const plain = readFileSync(RULES_PATH, 'utf8');
    const [head = '', body = ''] = readFileSync(OPERATOR_RULES_PATH, 'utf8').split('\nspec:\n');
    expect(parse(head)).toMatchObject({ apiVersion: 'monitoring.coreos.com/v1', kind: 'PrometheusRule' });
    expect(body).toBe(plain.replaceAll(/^(?=.)/gm, '  '));
  });

  test('name every metric of podflow that counts what it lost', () => {
    const lost = /lost|dropped|missed|overflow|overruns|failures|malformed|skipped|rejected|table_full|too_large/;
    const used = new Set(RULES.flatMap(({ expr }) => toSelectors(expr).map(({ name }) => name)));
    const others = [...DECLARED.values()].filter(({ name }) => !used.has(name));
    const explained = [
      // What pods lost, told elsewhere by other sums.
      /^podflow_(probe|pod)_flow_dropped/,
      /^podflow_flow_dropped_packets/,
      // Sums stay right, or what was counted is in another counter too.
      /overflow/,
      /^podflow_relay_/,
      /^podflow_otlp_requests/,
      /^podflow_conntrack_link|link_event_overruns/,
      /^podflow_elasticsearch_requests|^podflow_body_map_requests/,
      /^podflow_policy_|^podflow_drop_evidence|^podflow_kernel_drop_(packets|records)/,
      // Those of flows in podflow_flow_table_frames_total.
      /^podflow_flow_table_refused/,
      // Gauges and attributes, which are no records.
      /^podflow_otlp_received_ignored/,
      // The same frames in another unit, and records as frames.
      /^podflow_(capture_bytes|stage_frames)/,
    ];
    const counters = others.filter(({ type, name, help }) => type === 'counter' && lost.test(`${name} ${help}`));
    const forgotten = counters.filter(({ name }) => !explained.some((pattern) => pattern.test(name)));
    expect(forgotten.map(({ name }) => name)).toEqual([]);
  });
});
