import type { EvidenceCounters } from './evidence-counters.ts';

/** What became of all lines; reasons that did not occur are left out. */
export interface EvidenceSummary {
  readonly lines: number;
  readonly records: number;
  readonly passedOver: Readonly<Record<string, number>>;
  readonly malformed: Readonly<Record<string, number>>;
  /** lines − records − passed over − malformed. */
  readonly unexplainedLines: number;
}

/** Sums up for people and for `--json`. */
export function toEvidenceSummary({ lines, records, passedOver, malformed }: EvidenceCounters): EvidenceSummary {
  const unexplainedLines = lines - records - sum(passedOver) - sum(malformed);
  return { lines, records, passedOver: keepCounted(passedOver), malformed: keepCounted(malformed), unexplainedLines };
}

function sum(counts: Readonly<Record<string, number>>): number {
  return Object.values(counts).reduce((total, count) => total + count, 0);
}

function keepCounted(counts: Readonly<Record<string, number>>): Record<string, number> {
  return Object.fromEntries(Object.entries(counts).filter(([, count]) => count > 0));
}
