import type { FlowRecord } from '../model/flow-record.ts';
import { isSameReport } from './is-same-report.ts';
import { OpenConnection } from './open-connection.ts';
import type { Perspective } from './perspective.ts';

/** Free connections that are kept for use. */
const POOL_CONNECTIONS = 16_384;

/** The connections that are being made, by join id, interval and part, and in the order in which they are due. */
export class JoinWindow {
  /** By join id; further intervals and parts of the same connection hang on the first one. */
  readonly #byId = new Map<string, OpenConnection>();
  readonly #pool: OpenConnection[] = [];
  /** A ring would do; an array with a head is simpler, and cut when half of it is behind. */
  #queue: OpenConnection[] = [];
  /** When each of the queue was due as it came: by that one that went out, and lives anew, is told from itself. */
  #dues: number[] = [];
  #head = 0;

  find(joinId: string, intervalStartMs: number, part: number): OpenConnection | undefined {
    let connection = this.#byId.get(joinId);
    while (connection !== undefined && (connection.intervalStartMs !== intervalStartMs || connection.part !== part))
      connection = connection.next;
    return connection;
  }

  /** One that waits for this very report, which clocks put into another interval; see `isSameReport`. */
  findSkewed(
    joinId: string,
    record: FlowRecord,
    perspective: Perspective,
    toleranceMs: number,
  ): OpenConnection | undefined {
    let connection = this.#byId.get(joinId);
    while (connection !== undefined && !isSameReport(connection, record, perspective, toleranceMs))
      connection = connection.next;
    return connection;
  }

  /** The one that this evidence is in, waiting or out. */
  findEvidence(joinId: string, intervalStartMs: number, report: number): OpenConnection | undefined {
    let connection = this.#byId.get(joinId);
    while (connection !== undefined) {
      const isOfInterval = connection.intervalStartMs === intervalStartMs;
      if (isOfInterval && connection.evidenceSide?.has(report) === true) break;
      connection = connection.next;
    }
    return connection;
  }

  open(joinId: string, intervalStartMs: number, part: number, dueMs: number): OpenConnection {
    const connection = this.#pool.pop() ?? new OpenConnection();
    connection.begin(joinId, intervalStartMs, part, dueMs);
    connection.next = this.#byId.get(joinId);
    this.#byId.set(joinId, connection);
    return connection;
  }

  /** It waits until it is due; all wait equally long, so the queue is in order. One may be put in anew, to wait longer. */
  enqueue(connection: OpenConnection): void {
    this.#queue.push(connection);
    this.#dues.push(connection.dueMs);
  }

  /** The next connection that is due by `nowMs`; those that went out already are passed over. */
  takeDue(nowMs: number): OpenConnection | undefined {
    while (this.#head < this.#queue.length) {
      const connection = this.#queue[this.#head] as OpenConnection;
      const isWaiting = connection.state === 'waiting' && connection.dueMs === this.#dues[this.#head];
      if (isWaiting && connection.dueMs > nowMs) break;
      this.#head++;
      if (isWaiting) return connection;
    }
    this.#tidy();
    return undefined;
  }

  /** It is done with. */
  release(connection: OpenConnection): void {
    const first = this.#byId.get(connection.joinId);
    if (first === connection) {
      if (connection.next === undefined) this.#byId.delete(connection.joinId);
      else this.#byId.set(connection.joinId, connection.next);
    } else {
      let before = first;
      while (before !== undefined && before.next !== connection) before = before.next;
      if (before !== undefined) before.next = connection.next;
    }
    connection.free();
    if (this.#pool.length < POOL_CONNECTIONS) this.#pool.push(connection);
  }

  #tidy(): void {
    if (this.#head * 2 < this.#queue.length) return;
    this.#queue = this.#queue.slice(this.#head);
    this.#dues = this.#dues.slice(this.#head);
    this.#head = 0;
  }
}
