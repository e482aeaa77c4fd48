/**
 * What became of documents. `duplicate` was there already (409); what went to the failure store is stored, but not where
 * dashboards look. `rejected` and `too_large` are lost.
 */
export const DOCUMENT_OUTCOMES = ['created', 'duplicate', 'failure_store', 'rejected', 'too_large'] as const;
export type DocumentOutcome = (typeof DOCUMENT_OUTCOMES)[number];

/** Counters of the Elasticsearch writer since it started. */
export interface ElasticsearchCounters {
  readonly documents: Readonly<Record<DocumentOutcome, number>>;
  /** Documents of which Elasticsearch ignored malformed fields, as far as it tells. */
  readonly ignoredFieldDocuments: number;
  /** Bulk requests by HTTP status; 0 where no answer came. */
  readonly requestsByStatus: ReadonlyMap<number, number>;
  /** Documents sent once more, alone or with their request. */
  readonly retriedDocuments: number;
  /** Bulk bodies that were halved because they were too large, or refused as a whole. */
  readonly splitBodies: number;
  /** Batches that were sent back to come again. */
  readonly postponedBatches: number;
  /** Bulk bodies that were taken, as they went over the wire. */
  readonly sentBytes: number;
  readonly inFlightRequests: number;
  /** Encoded documents that wait for an answer. */
  readonly pendingBytes: number;
  /** Whether the server did not answer the last request, or refused podflow. */
  readonly isAway: boolean;
}
