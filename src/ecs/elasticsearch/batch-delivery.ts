import { setTimeout as wait } from 'node:timers/promises';
import { resolveBackoffMs, type BackoffPolicy } from '../../lib/backoff.ts';
import { createDeadline } from '../../lib/deadline.ts';
import type { DeliveryOutcome } from '../../model/connection-output.ts';
import type { Deadline } from '../../model/stage.ts';
import type { BulkLines } from '../document/bulk-lines.ts';
import { BatchLedger, type Later, type LedgerContext } from './batch-ledger.ts';
import { toDocumentFate, toItemReason, type BulkAnswer, type BulkItem } from './bulk-answer.ts';
import type { BulkClient } from './bulk-client.ts';
import { cutPieces, halve, type Piece } from './cut-pieces.ts';
import type { RequestGate } from './request-gate.ts';
import type { ServerState } from './server-state.ts';

/** What deliveries share. */
export interface DeliveryContext extends LedgerContext {
  readonly bulk: BulkClient;
  readonly gate: RequestGate;
  readonly server: ServerState;
  readonly backoff: BackoffPolicy;
  /** Becomes smaller when the server says so. */
  maxBodyBytes: number;
  /** Aborted when all is to end. */
  readonly signal: AbortSignal;
}

/** Why documents are to be sent again. */
interface Trouble {
  readonly kind: 'busy' | 'away' | 'denied';
  readonly retryAfterMs?: number | undefined;
  readonly reason: string;
}

const LEAST_BODY_BYTES = 16 * 1024;
/** A refused body is halved to find the document to blame; with more than one in a few dozens, all are to blame. */
const MOST_HALVINGS = 64;
const LEAST_ATTEMPT_MS = 1_000;
const LEAST_ATTEMPT_PART = 0.25;
/** A batch that had all its time is not to come again at once. */
const LEAST_RETRY_AFTER_MS = 1_000;
/** How often a delivery looks whether the request that tries a lost server has found it. */
const LOOK_MS = 50;

/**
 * The delivery of one batch: bodies side by side, each repeated, halved or given up by what it is answered, until every
 * document is settled or the deadline passes.
 */
export class BatchDelivery {
  readonly #context: DeliveryContext;
  readonly #lines: BulkLines;
  readonly #deadline: Deadline;
  /** An attempt cut off sooner would make a server look away that is only not that quick. */
  readonly #leastMs: number;
  readonly #ledger: BatchLedger;
  #halvings = 0;
  /** The last one, for what does not even get its turn. */
  #trouble: Trouble = { kind: 'away', reason: 'Elasticsearch has not answered for some time' };
  #later: Later | undefined;

  /** `timeoutMs` is the time in which all is to be settled. */
  constructor(context: DeliveryContext, lines: BulkLines, timeoutMs: number) {
    this.#context = context;
    this.#lines = lines;
    this.#deadline = createDeadline(timeoutMs);
    this.#leastMs = Math.min(LEAST_ATTEMPT_MS, timeoutMs * LEAST_ATTEMPT_PART);
    this.#ledger = new BatchLedger(context, lines);
  }

  /** Resolves when nothing more is tried. Never rejects. */
  async run(): Promise<DeliveryOutcome> {
    const all = Array.from({ length: this.#lines.documentCount }, (_, document) => document);
    await this.#sendAll(all, 0, this.#context.maxBodyBytes);
    return this.#later === undefined ? this.#ledger.close() : this.#ledger.sendBack(this.#later);
  }

  async #sendAll(documents: readonly number[], failures: number, maxBytes: number): Promise<void> {
    const pieces = cutPieces(this.#lines, documents, maxBytes);
    await Promise.all(pieces.map((piece) => this.#send(piece, failures)));
  }

  async #send(piece: Piece, failures: number): Promise<void> {
    const answer = await this.#attempt(piece);
    switch (answer?.kind) {
      case undefined:
        return this.#postpone(this.#trouble);
      case 'answered':
        this.#context.tally.sentBytes += answer.byteCount;
        return this.#settle(piece, answer.items, failures);
      case 'too_large':
        return this.#shrink(piece, failures);
      case 'refused':
        return this.#findRefused(piece, answer.reason, failures);
      case 'busy':
        this.#context.log.warn('busy', { reason: answer.reason });
        return this.#againInHalves(piece, answer, failures + 1);
      case 'away':
        if (!answer.mayBeStored) return this.#again(piece.documents, failures + 1, answer);
        this.#ledger.noteUnanswered(piece.documents);
        return this.#againInHalves(piece, answer, failures + 1);
      case 'denied':
        return answer.isRenewed ? this.#again(piece.documents, failures + 1, answer) : this.#postpone(answer);
    }
  }

  /** One request, when it is its turn. Undefined when that did not come in time. */
  async #attempt({ body, documents }: Piece): Promise<BulkAnswer | undefined> {
    const { bulk, gate, server, log } = this.#context;
    if (!(await this.#enter())) return undefined;
    const answer = await bulk.send(body, documents.length, Math.ceil(this.#deadline.remainingMs()));
    gate.leave();
    if (answer.kind === 'away') server.failed(answer.retryAfterMs);
    else if (answer.kind === 'denied') server.failed(undefined);
    else if (answer.kind !== 'answered') server.answered();
    if (answer.kind === 'away' || answer.kind === 'denied') log.warn(answer.kind, { reason: answer.reason });
    return answer;
  }

  /** Waits until the server may be asked and there is room for a request. */
  async #enter(): Promise<boolean> {
    const { gate, server, signal } = this.#context;
    for (;;) {
      const leftMs = this.#deadline.remainingMs();
      if (leftMs < this.#leastMs || signal.aborted) return false;
      if (!server.admits) await this.#wait(Math.min(leftMs, Math.max(server.waitMs, LOOK_MS)));
      else if (!(await gate.enter(leftMs - this.#leastMs))) return false;
      else if (this.#deadline.remainingMs() >= this.#leastMs && server.enter()) return true;
      else gate.leave();
    }
  }

  #wait(ms: number): Promise<void> {
    return wait(ms, undefined, { signal: this.#context.signal }).catch(() => undefined);
  }

  async #settle(piece: Piece, items: readonly BulkItem[], failures: number): Promise<void> {
    const again: number[] = [];
    let denied: BulkItem | undefined;
    let busy: BulkItem | undefined;
    for (let i = 0; i < items.length; i++) {
      const document = piece.documents[i] ?? 0;
      const item = items[i]!;
      const fate = toDocumentFate(item);
      if (fate === 'again') again.push(document);
      if (fate === 'again') busy = item;
      else if (fate === 'denied') denied = item;
      else this.#ledger.settle(document, fate, item);
    }
    if (denied === undefined) this.#noteAnswered();
    else this.#deny(toItemReason(denied));
    if (busy === undefined) return;
    const reason = toItemReason(busy);
    this.#context.log.warn('busy', { reason });
    await this.#again(again, failures + 1, { kind: busy.status === 429 ? 'busy' : 'away', reason });
  }

  #noteAnswered(): void {
    this.#context.server.answered();
    this.#context.log.answered();
  }

  /** The server takes requests, and not what is in them: one at a time is tried until somebody has seen to it. */
  #deny(reason: string): void {
    this.#context.server.failed(undefined);
    this.#context.log.warn('denied', { reason });
    this.#postpone({ kind: 'denied', reason });
  }

  async #shrink(piece: Piece, failures: number): Promise<void> {
    const context = this.#context;
    const bytes = piece.body.length;
    if (piece.documents.length === 1) return this.#ledger.giveUp(piece.documents, 'too_large', { bytes });
    context.tally.splitBodies++;
    const halfBytes = bytes >>> 1;
    if (halfBytes < context.maxBodyBytes) {
      context.maxBodyBytes = Math.max(LEAST_BODY_BYTES, halfBytes);
      context.log.warn('split', { bytes, from: context.maxBodyBytes });
    }
    await this.#sendAll(piece.documents, failures, Math.min(halfBytes, context.maxBodyBytes));
  }

  /**
   * A server that finds a body too large may hang up before its answer is read, or may never have that much memory free:
   * such a body comes again in halves.
   */
  #againInHalves(piece: Piece, trouble: Trouble, failures: number): Promise<void> {
    const halfBytes = Math.max(LEAST_BODY_BYTES, piece.body.length >>> 1);
    return this.#again(piece.documents, failures, trouble, Math.min(halfBytes, this.#context.maxBodyBytes));
  }

  /** One document spoils a whole request only in rare cases; which one is found by halves. */
  async #findRefused(piece: Piece, reason: string, failures: number): Promise<void> {
    const isLast = piece.documents.length === 1 || this.#halvings >= MOST_HALVINGS;
    if (isLast) return this.#ledger.giveUp(piece.documents, 'rejected', { reason });
    this.#halvings++;
    this.#context.tally.splitBodies++;
    await Promise.all(halve(this.#lines, piece).map((half) => this.#send(half, failures)));
  }

  /** Sends documents once more after a wait, while there is time for it. */
  async #again(
    documents: readonly number[],
    failures: number,
    trouble: Trouble,
    maxBytes = this.#context.maxBodyBytes,
  ): Promise<void> {
    const { backoff, server, tally } = this.#context;
    const drawnMs = resolveBackoffMs(backoff, failures, trouble.retryAfterMs, Math.random());
    const waitMs = Math.max(server.waitMs, trouble.kind === 'denied' ? 0 : drawnMs);
    this.#trouble = trouble;
    if (waitMs + this.#leastMs >= this.#deadline.remainingMs()) return this.#postpone(trouble, waitMs);
    await this.#wait(waitMs);
    tally.retriedDocuments += documents.length;
    await this.#sendAll(documents, failures, maxBytes);
  }

  #postpone({ kind, reason }: Trouble, waitMs = this.#context.server.waitMs): void {
    const status = kind === 'busy' ? 429 : 503;
    this.#later ??= { kind: 'later', status, retryAfterMs: Math.max(waitMs, LEAST_RETRY_AFTER_MS), message: reason };
  }
}
