/** What became of one request: taken, to be sent again, or refused for good. */
export type OtlpOutcome = 'sent' | 'retry' | 'rejected';

/** Counters of the OTLP exporter since it started; its records are in its stage account. */
export interface OtlpCounters {
  readonly requestsByOutcome: Readonly<Record<OtlpOutcome, number>>;
  /** Requests that repeated an earlier one. */
  readonly retries: number;
  /** Records that wait to be sent now. */
  readonly queueRecords: number;
  /** Bodies of taken requests, as they went over the wire. */
  readonly sentBytes: number;
  readonly sentRecords: number;
  /** Wall clock of the last taken request, ms since the Unix epoch; undefined before the first. */
  readonly lastSuccessMs: number | undefined;
}
