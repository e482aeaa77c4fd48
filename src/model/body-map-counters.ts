/** Counters of the output of documents as OTLP log records since it started. */
export interface BodyMapCounters {
  readonly sentRecords: number;
  /** Refused for good by the receiver, with their request or out of it: lost. */
  readonly rejectedRecords: number;
  readonly requestsByOutcome: Readonly<Record<'taken' | 'later' | 'refused', number>>;
  readonly repeatedRequests: number;
  /** Batches that were sent back to come again. */
  readonly postponedBatches: number;
  /** Requests that were taken, before compression. */
  readonly sentBytes: number;
  readonly inFlightRequests: number;
}
