import type { Perspectives } from './connection.ts';

/** Why a record became no part of a connection. */
export const UNJOINED_REASONS = ['late', 'duplicate', 'unidentified', 'unrelated'] as const;
export type UnjoinedReason = (typeof UNJOINED_REASONS)[number];

/** Counters of the join since it started. */
export interface StitchCounters {
  readonly receivedRecords: number;
  /** Connections handed to the outputs and taken, by the perspectives they hold. */
  readonly connections: Readonly<Record<Perspectives, number>>;
  /** Records of connections that were taken. */
  readonly joinedRecords: number;
  /**
   * Records that were taken without becoming part of a connection: `late`, their connection's interval was out already;
   * `duplicate`, the same perspective was in it; `unidentified`, no Community ID;
   * `unrelated`, evidence of packets of which neither end is a pod or a Service of the cluster: a host's own.
   */
  readonly unjoinedRecords: Readonly<Record<UnjoinedReason, number>>;
  /** Records that were sent back because an output said later, or the window was full. */
  readonly sentBackRecords: number;
  /** Records that wait in the window or for the outputs now. */
  readonly heldRecords: number;
  /** Connections that wait in the window now. */
  readonly waitingConnections: number;
  /** Ends by kind, both of each connection. */
  readonly endsByKind: Readonly<Record<string, number>>;
}
