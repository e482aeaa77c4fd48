import type { Log } from '../../model/log.ts';

/** The same complaint is logged this often at most; what was left out is told with the next. */
const REPEAT_MS = 60_000;

const MESSAGES = {
  away: 'Elasticsearch does not answer; what cannot be stored in time is sent back',
  denied: 'Elasticsearch refuses podflow: credentials, rights, address, version or templates; batches are sent back',
  busy: 'Elasticsearch has too much to do; documents are sent again',
  rejected: 'Elasticsearch refused a document for good; it is dropped',
  too_large: 'a document is larger than Elasticsearch takes; it is dropped',
  failure_store: 'documents did not fit the mapping and went to the failure store, which dashboards do not show',
  split: 'a bulk body is larger than Elasticsearch takes; bodies are smaller from now on',
} as const;

type Topic = keyof typeof MESSAGES;

/** Logs what becomes of documents: each trouble when it begins, then once a minute with one example. */
export class DeliveryLog {
  readonly #log: Log;
  readonly #nowMs: () => number;
  readonly #lastMs = new Map<Topic, number>();
  readonly #leftOut = new Map<Topic, number>();
  #awaySinceMs: number | undefined;

  constructor(log: Log, nowMs: () => number = () => performance.now()) {
    this.#log = log;
    this.#nowMs = nowMs;
  }

  warn(topic: Topic, fields: object): void {
    if (topic === 'away' || topic === 'denied') this.#awaySinceMs ??= this.#nowMs();
    const leftOut = this.#leftOut.get(topic) ?? 0;
    if (this.#nowMs() - (this.#lastMs.get(topic) ?? -Infinity) < REPEAT_MS) {
      this.#leftOut.set(topic, leftOut + 1);
      return;
    }
    this.#lastMs.set(topic, this.#nowMs());
    this.#leftOut.set(topic, 0);
    this.#log.warn(leftOut === 0 ? fields : { ...fields, alsoSince: leftOut }, MESSAGES[topic]);
  }

  /** The server takes documents. */
  answered(): void {
    if (this.#awaySinceMs === undefined) return;
    const awayMs = Math.round(this.#nowMs() - this.#awaySinceMs);
    this.#awaySinceMs = undefined;
    for (const topic of ['away', 'denied'] as const) {
      this.#lastMs.delete(topic);
      this.#leftOut.delete(topic);
    }
    this.#log.info({ awayMs }, 'Elasticsearch takes documents again');
  }
}
