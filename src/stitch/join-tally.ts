import type { Perspectives } from '../model/connection.ts';
import type { StitchCounters, UnjoinedReason } from '../model/stitch-counters.ts';
import type { OpenConnection } from './open-connection.ts';

/** Bookkeeping of the join: received = joined + unjoined + sent back + held, at any time between two turns. */
export class JoinTally {
  heldRecords = 0;
  #received = 0;
  #joined = 0;
  #sentBack = 0;
  #waiting = 0;
  readonly #connections: Record<Perspectives, number> = { both: 0, client: 0, server: 0, none: 0 };
  readonly #unjoined: Record<UnjoinedReason, number> = { late: 0, duplicate: 0, unidentified: 0, unrelated: 0 };
  readonly #ends: Record<string, number> = {};

  receive(records: number): void {
    this.#received += records;
    this.heldRecords += records;
  }

  /** Records that were not even looked at. */
  sendBack(records: number): void {
    this.#received += records;
    this.#sentBack += records;
  }

  /** A record is taken without becoming part of a connection. */
  passBy(reason: UnjoinedReason): void {
    this.heldRecords--;
    this.#unjoined[reason]++;
  }

  open(): void {
    this.#waiting++;
  }

  goOut(): void {
    this.#waiting--;
  }

  take(connection: OpenConnection): void {
    this.heldRecords -= connection.recordCount;
    this.#joined += connection.recordCount;
    this.#connections[connection.perspectives]++;
    this.#countEnd(connection.source.kind);
    this.#countEnd(connection.destination.kind);
  }

  /** All its records come again. */
  postpone(connection: OpenConnection): void {
    this.heldRecords -= connection.recordCount;
    this.#sentBack += connection.recordCount;
  }

  counters(): StitchCounters {
    return {
      receivedRecords: this.#received,
      connections: { ...this.#connections },
      joinedRecords: this.#joined,
      unjoinedRecords: { ...this.#unjoined },
      sentBackRecords: this.#sentBack,
      heldRecords: this.heldRecords,
      waitingConnections: this.#waiting,
      endsByKind: { ...this.#ends },
    };
  }

  #countEnd(kind: string): void {
    this.#ends[kind] = (this.#ends[kind] ?? 0) + 1;
  }
}
