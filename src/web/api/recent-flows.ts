import type { ConnectionSink } from '../../model/connection-output.ts';
import type { Connection } from '../../model/connection.ts';
import type { FlowPage, FlowQuery, FlowSource } from './flow-source.ts';
import { StoredConnection } from './stored-connection.ts';

export interface RecentFlowsOptions {
  /** Connections kept, default 5,000; a new one takes the place of the oldest. */
  readonly flowLimit?: number;
  /** Milliseconds since the Unix epoch at which the process began. */
  readonly startMs?: number;
}

/** The connections that came last. */
export class RecentFlows implements ConnectionSink, FlowSource {
  readonly #limit: number;
  readonly #ring: StoredConnection[] = [];
  readonly #firstNumber: number;
  #count = 0;

  constructor({ flowLimit = 5_000, startMs = Date.now() }: RecentFlowsOptions = {}) {
    this.#limit = flowLimit;
    // Numbers begin above all that an earlier process gave out, at up to a million a second: its cursors find nothing.
    this.#firstNumber = Math.round(startMs * 1_000);
  }

  accept(batch: readonly Connection[]): void {
    for (const connection of batch) {
      const at = this.#count++ % this.#limit;
      const stored = this.#ring[at];
      if (stored === undefined) this.#ring.push(new StoredConnection(connection));
      else stored.take(connection);
    }
  }

  find({ filters, limit, before = Infinity }: FlowQuery): FlowPage {
    const flows: Connection[] = [];
    const end = Math.min(this.#count, before - this.#firstNumber);
    const oldest = this.#count - this.#ring.length;
    let lastTaken = end;
    for (let number = end - 1; number >= oldest; number--) {
      const connection = this.#ring[number % this.#limit]!;
      if (!filters.every((matches) => matches(connection))) continue;
      if (flows.length === limit) return { flows, nextBefore: this.#firstNumber + lastTaken };
      flows.push(connection);
      lastTaken = number;
    }
    return { flows, nextBefore: undefined };
  }
}
