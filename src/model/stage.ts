import type { FlowRecord } from './flow-record.ts';

/** A point in time by which work must be finished. */
export interface Deadline {
  /** Milliseconds left, 0 when it has passed. */
  remainingMs(): number;
}

/**
 * The contract of every stage that takes records.
 *
 * - `start(signal)` makes it ready; an aborted signal ends its background work at once.
 * - `accept(batch)` never throws and never blocks: what does not fit is dropped and counted with a reason.
 *   It reads the records before it returns (they are reused) and may be called in any state.
 * - `stop(deadline)` flushes what is held within the deadline, counts what it had to give up, is safe twice.
 */
export interface Stage<Batch> {
  readonly name: string;
  start(signal: AbortSignal): Promise<void>;
  accept(batch: Batch): void;
  stop(deadline: Deadline): Promise<void>;
  /** received = forwarded + dropped + held, at any time between two turns of the event loop. */
  account(): StageAccount;
}

export type RecordStage = Stage<readonly FlowRecord[]>;

/** Why a stage gave up records. `sent_back` is no loss: the sender was told to send them again. */
export type LossReason =
  | 'queue_full'
  | 'rejected'
  | 'partial_success'
  | 'deadline'
  | 'write_failed'
  | 'stopped'
  | 'encode_failed'
  | 'sent_back';

/** What a stage did with its records; frames are the packets in both directions that those records report. */
export interface StageAccount {
  readonly received: Amount;
  readonly forwarded: Amount;
  readonly held: Amount;
  readonly dropped: ReadonlyMap<LossReason, Amount>;
}

export interface Amount {
  records: number;
  frames: number;
}
