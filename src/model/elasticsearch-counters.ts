/** What became of documents. `duplicate` was there already (409); `failure_store` and `ignored_field` are stored, but not as meant. */
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
  /** Bulk bodies that were taken, as they went over the wire. */
  readonly sentBytes: number;
  readonly inFlightRequests: number;
}
