/** Lines that are whole and tell of no drop. */
export const PASSED_OVER_REASONS = [
  /** Traffic that was let through. */
  'accepted',
  /** A connection that left the policy agent's table. */
  'expired',
  /** An interface without traffic in the window (VPC flow log). */
  'no_data',
  /** A window of which the VPC flow log lost records. */
  'skipped_data',
  /** Names of fields. */
  'header',
  /** The log's format has no `action`: nobody can tell what was refused. */
  'no_action',
  /** Another message of the same program. */
  'other_message',
  /** A refusal of a protocol that has no name in the log (`ANY PROTOCOL`, `RESERVED`, `UNKNOWN`). */
  'protocol_not_told',
  'empty',
] as const;
export type PassedOverReason = (typeof PASSED_OVER_REASONS)[number];

/** Lines that cannot be read, by what is wrong. */
export const MALFORMED_REASONS = [
  'line_too_long',
  'format_unknown',
  'json',
  'field_count',
  'field_missing',
  'address',
  'port',
  'protocol',
  'number',
  'time',
  'verdict',
] as const;
export type MalformedReason = (typeof MALFORMED_REASONS)[number];

/** What became of every line: lines = records + passed over + malformed. */
export interface EvidenceCounters {
  readonly lines: number;
  /** Lines that told of a drop; each is a record. */
  readonly records: number;
  readonly passedOver: Readonly<Record<PassedOverReason, number>>;
  readonly malformed: Readonly<Record<MalformedReason, number>>;
}
