import { toColumns } from '../../../src/lib/to-columns.ts';
import type { BenchReport } from './bench-report.ts';
import type { Goal } from './goal.ts';
import { toNumberText } from './number-text.ts';

/** A report for people: the figures in tables, each goal beside its value. */
export function toReportText({ name, machine, figures, goals }: BenchReport): string {
  const on = Object.entries(machine).map(([key, value]) => `${key} ${toText(value)}`);
  const verdicts = Object.entries(goals).map(([key, goal]) => [key, ...toGoalCells(goal)]);
  return [
    `${name} (${on.join(', ')})\n`,
    ...toTables('', figures),
    verdicts.length === 0 ? '' : `\n${toColumns([['GOAL', 'BAR', 'VALUE', ''], ...verdicts])}`,
  ].join('');
}

/** A group of rows that share their columns becomes one table; what is no group goes into a list of its own. */
function toTables(title: string, group: object): string[] {
  const entries = Object.entries(group) as [string, unknown][];
  const plain = entries.filter(([, value]) => isLeaf(value));
  const rows = entries.filter(([, value]) => isRow(value)) as [string, object][];
  const deeper = entries.filter(([, value]) => !isLeaf(value) && !isRow(value)) as [string, object][];
  const tables = deeper.flatMap(([key, value]) => toTables(title === '' ? key : `${title} / ${key}`, value));
  if (plain.length > 0) tables.unshift(heading(title) + toColumns(plain.map(([key, value]) => [key, toText(value)])));
  if (rows.length > 0) tables.push(heading(title) + toColumns(toTable(rows)));
  return tables;
}

/** Figures are told downwards and their owners across: there are more figures than observers. */
function toTable(rows: readonly [string, object][]): string[][] {
  const names = [...new Set(rows.flatMap(([, row]) => Object.keys(row)))];
  const cell = (row: object, name: string): string => toText((row as Record<string, unknown>)[name] ?? '-');
  return [
    ['', ...rows.map(([owner]) => owner)],
    ...names.map((name) => [name, ...rows.map(([, row]) => cell(row, name))]),
  ];
}

function heading(title: string): string {
  return title === '' ? '\n' : `\n${title}\n`;
}

function isSpread(value: unknown): value is { median: number; min: number; max: number } {
  return typeof value === 'object' && value !== null && 'median' in value && 'min' in value && 'max' in value;
}

function isLeaf(value: unknown): boolean {
  return typeof value !== 'object' || value === null || Array.isArray(value) || isSpread(value);
}

function isRow(value: unknown): boolean {
  return !isLeaf(value) && Object.values(value as object).every(isLeaf);
}

function toText(value: unknown): string {
  if (typeof value === 'number') return toNumberText(value);
  if (isSpread(value)) {
    const isOne = value.min === value.max;
    const range = isOne ? '' : ` (${toNumberText(value.min)} - ${toNumberText(value.max)})`;
    return toNumberText(value.median) + range;
  }
  if (value === null) return '-';
  return typeof value === 'string' ? value : JSON.stringify(value);
}

function toGoalCells(goal: Goal): string[] {
  const bar = 'atMost' in goal ? `<= ${toNumberText(goal.atMost)}` : `>= ${toNumberText(goal.atLeast)}`;
  return [bar, toText(goal.value), goal.met ? 'met' : 'MISSED'];
}
