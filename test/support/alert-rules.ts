import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse } from 'yaml';
import { ROOT } from './source-files.ts';

export const RULES_PATH = join(ROOT, 'grafana/alerts/podflow.rules.yaml');
export const OPERATOR_RULES_PATH = join(ROOT, 'grafana/alerts/podflow.prometheusrule.yaml');
export const RULES_TEST_PATH = join(ROOT, 'grafana/alerts/podflow.rules.test.yaml');

export const RUNBOOKS_PATH = join(ROOT, 'grafana/runbooks.md');

export interface Rule {
  readonly record?: string;
  readonly alert?: string;
  readonly expr: string;
  readonly for?: string;
  readonly keep_firing_for?: string;
  readonly labels?: Readonly<Record<string, string>>;
  readonly annotations?: Readonly<Record<string, string>>;
}

export interface Rules {
  readonly groups: readonly { readonly name: string; readonly rules: readonly Rule[] }[];
}

/** Every rule of the file, in its order. */
export function readRules(): readonly Rule[] {
  const { groups } = parse(readFileSync(RULES_PATH, 'utf8')) as Rules;
  return groups.flatMap(({ rules }) => rules);
}

/** The alerts of the file. */
export function readAlerts(): readonly (Rule & { readonly alert: string })[] {
  return readRules().flatMap((rule) => (rule.alert === undefined ? [] : [{ ...rule, alert: rule.alert }]));
}

/** The PromQL that the runbooks show. */
export function readRunbookQueries(): readonly string[] {
  const snippets = readFileSync(RUNBOOKS_PATH, 'utf8').matchAll(/```promql\n([^`]*)```/g);
  return [...snippets].map(([, query = '']) => query);
}
