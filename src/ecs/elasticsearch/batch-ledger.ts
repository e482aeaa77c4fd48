import type { DeliveryOutcome } from '../../model/connection-output.ts';
import type { BulkLines } from '../document/bulk-lines.ts';
import { toItemReason, toRejectedField, type BulkItem, type DocumentFate } from './bulk-answer.ts';
import type { DeliveryLog } from './delivery-log.ts';
import type { DocumentTally } from './document-tally.ts';
import type { StoredUntold } from './stored-untold.ts';

export type Later = Extract<DeliveryOutcome, { kind: 'later' }>;

/** What the ledgers of all batches share. */
export interface LedgerContext {
  readonly tally: DocumentTally;
  readonly untold: StoredUntold;
  readonly log: DeliveryLog;
}

/** What became of the documents of one batch, by position. */
export class BatchLedger {
  readonly #context: LedgerContext;
  readonly #lines: BulkLines;
  readonly #alreadyStored = new Set<number>();
  /** New to whoever is told, though perhaps not stored by the last request. */
  readonly #created: number[] = [];
  /** Sent without an answer: a duplicate of such a one is our own. */
  readonly #unanswered = new Set<number>();
  /** Counted when the batch is done with: one that is sent back meets the same again. */
  readonly #lost = { failure_store: 0, rejected: 0, too_large: 0 };

  constructor(context: LedgerContext, lines: BulkLines) {
    this.#context = context;
    this.#lines = lines;
  }

  /** Notes what the server said of a document, for good. */
  settle(document: number, fate: Exclude<DocumentFate, 'again' | 'denied'>, item: BulkItem): void {
    const { tally, untold, log } = this.#context;
    const id = this.#lines.id(document);
    const isUntold = untold.take(id);
    if (fate === 'created' || fate === 'duplicate') {
      tally.documents[fate]++;
      const isNew = fate === 'created' || isUntold || this.#unanswered.has(document);
      if (isNew) this.#created.push(document);
      else this.#alreadyStored.add(document);
    } else {
      this.#lost[fate]++;
      const { reason } = item.error ?? {};
      log.warn(fate, fate === 'rejected' ? { id, field: toRejectedField(reason), reason: toItemReason(item) } : { id });
    }
    this.#unanswered.delete(document);
  }

  /** Notes documents that are not sent again. */
  giveUp(documents: readonly number[], outcome: 'rejected' | 'too_large', fields: object): void {
    this.#lost[outcome] += documents.length;
    this.#context.log.warn(outcome, { id: this.#lines.id(documents[0] ?? 0), documents: documents.length, ...fields });
  }

  /** Notes documents that were sent, and may be stored, though no answer came. */
  noteUnanswered(documents: readonly number[]): void {
    for (const document of documents) this.#unanswered.add(document);
  }

  /** All is settled. */
  close(): DeliveryOutcome {
    const { documents } = this.#context.tally;
    for (const outcome of ['failure_store', 'rejected', 'too_large'] as const)
      documents[outcome] += this.#lost[outcome];
    return { kind: 'taken', alreadyStored: this.#alreadyStored.size === 0 ? undefined : this.#alreadyStored };
  }

  /** The batch is sent back; what is stored of it is remembered, since nobody is told of it now. */
  sendBack(later: Later): DeliveryOutcome {
    for (const document of this.#created) this.#context.untold.add(this.#lines.id(document));
    for (const document of this.#unanswered) this.#context.untold.add(this.#lines.id(document));
    return later;
  }
}
