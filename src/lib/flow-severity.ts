import type { Verdict } from '../model/flow-record.ts';

/** OpenTelemetry SeverityNumber with its text. */
export interface Severity {
  readonly number: 9 | 13;
  readonly text: 'INFO' | 'WARN';
}

const INFO: Severity = { number: 9, text: 'INFO' };
const WARN: Severity = { number: 13, text: 'WARN' };

/** Severity of a flow record: WARN when the attempt failed, else INFO. */
export function toSeverity(verdict: Verdict): Severity {
  return verdict === 'dropped' || verdict === 'rejected' ? WARN : INFO;
}
