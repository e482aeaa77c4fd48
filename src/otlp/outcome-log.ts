import type { Log } from '../model/log.ts';
import type { SendOutcome } from './otlp-client.ts';

/** The same complaint is logged this often at most; what was left out is told with the next. */
const REPEAT_MS = 60_000;

type Topic = 'retry' | 'rejected' | 'partial' | 'warning' | 'queue_full';

/** Logs what becomes of requests: each trouble when it begins, then once a minute, and when it is over. */
export class OutcomeLog {
  readonly #log: Log;
  readonly #lastMs = new Map<Topic, number>();
  readonly #leftOut = new Map<Topic, number>();
  #awaySinceMs: number | undefined;
  #unreadableTold = false;

  constructor(log: Log) {
    this.#log = log;
  }

  outcome(outcome: SendOutcome, records: number): void {
    if (outcome.kind === 'retry') {
      this.#awaySinceMs ??= performance.now();
      this.#warn('retry', { reason: outcome.reason }, 'OTLP receiver does not take records now; they are kept');
      return;
    }
    this.#back();
    if (outcome.kind === 'rejected') {
      const { status, message } = outcome;
      this.#warn('rejected', { status, message, records }, 'OTLP receiver refused a batch for good; it is dropped');
    } else this.#sent(outcome);
  }

  queueFull(records: number): void {
    this.#warn('queue_full', { records }, 'OTLP queue is full; the newest records are dropped');
  }

  #sent({ rejectedRecords, message, readable }: Extract<SendOutcome, { kind: 'sent' }>): void {
    if (rejectedRecords > 0)
      this.#warn('partial', { rejectedRecords, message }, 'OTLP receiver refused part of a batch');
    else if (message !== '') this.#warn('warning', { message }, 'OTLP receiver took a batch with a warning');
    if (readable || this.#unreadableTold) return;
    this.#unreadableTold = true;
    this.#log.warn({}, 'OTLP receiver answers 200 with a body that is no OTLP response; records count as sent');
  }

  #back(): void {
    if (this.#awaySinceMs === undefined) return;
    const awayMs = Math.round(performance.now() - this.#awaySinceMs);
    this.#awaySinceMs = undefined;
    this.#lastMs.delete('retry');
    this.#leftOut.delete('retry');
    this.#log.info({ awayMs }, 'OTLP receiver answers again');
  }

  #warn(topic: Topic, fields: object, message: string): void {
    const nowMs = performance.now();
    const leftOut = this.#leftOut.get(topic) ?? 0;
    if (nowMs - (this.#lastMs.get(topic) ?? -Infinity) < REPEAT_MS) {
      this.#leftOut.set(topic, leftOut + 1);
      return;
    }
    this.#lastMs.set(topic, nowMs);
    this.#leftOut.set(topic, 0);
    this.#log.warn(leftOut === 0 ? fields : { ...fields, alsoSince: leftOut }, message);
  }
}
