import { DOCUMENT_OUTCOMES, type DocumentOutcome } from '../../model/elasticsearch-counters.ts';

/** What became of documents, counted. */
export class DocumentTally {
  readonly documents = Object.fromEntries(DOCUMENT_OUTCOMES.map((outcome) => [outcome, 0])) as Record<
    DocumentOutcome,
    number
  >;
  retriedDocuments = 0;
  splitBodies = 0;
  sentBytes = 0;
}
