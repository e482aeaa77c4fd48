import {
  MALFORMED_REASONS,
  PASSED_OVER_REASONS,
  type EvidenceCounters,
  type MalformedReason,
  type PassedOverReason,
} from './evidence-counters.ts';
import type { LineOutcome } from './told-drop.ts';

/** Counts lines by what became of them. */
export class EvidenceTally implements EvidenceCounters {
  lines = 0;
  records = 0;
  readonly passedOver = startAtZero<PassedOverReason>(PASSED_OVER_REASONS);
  readonly malformed = startAtZero<MalformedReason>(MALFORMED_REASONS);

  count(outcome: LineOutcome): void {
    this.lines++;
    if (outcome.kind === 'drop') this.records++;
    else if (outcome.kind === 'passed_over') this.passedOver[outcome.reason]++;
    else this.malformed[outcome.reason]++;
  }
}

function startAtZero<Reason extends string>(reasons: readonly Reason[]): Record<Reason, number> {
  return Object.fromEntries(reasons.map((reason) => [reason, 0])) as Record<Reason, number>;
}
