import type { Goal } from './goal.ts';

/** What every bench prints, as one JSON document. */
export interface BenchReport {
  readonly name: string;
  readonly machine: object;
  /** Numbers, spreads and texts, grouped at will. */
  readonly figures: object;
  readonly goals: Readonly<Record<string, Goal>>;
}

/** Reads the report out of what a bench printed; undefined when that is none. */
export function parseBenchReport(text: string): BenchReport | undefined {
  try {
    const value = JSON.parse(text) as Partial<BenchReport> | null;
    if (value === null || typeof value !== 'object' || typeof value.name !== 'string') return undefined;
    const { name, machine = {}, figures = {}, goals = {} } = value;
    return { name, machine, figures, goals };
  } catch {
    return undefined;
  }
}
