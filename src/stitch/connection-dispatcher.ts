import type { Connection } from '../model/connection.ts';
import type { ConnectionOutput, ConnectionSink, DeliveryOutcome } from '../model/connection-output.ts';
import type { EndResolver } from '../model/named-end.ts';
import type { Deadline } from '../model/stage.ts';
import { DeliveredMemory } from './delivered-memory.ts';
import { describeConnection } from './describe-connection.ts';
import type { JoinTally } from './join-tally.ts';
import type { OpenConnection } from './open-connection.ts';
import type { Postponement } from './request-ticket.ts';

export interface DispatchOptions {
  readonly resolver: EndResolver;
  readonly outputs: readonly ConnectionOutput[];
  readonly sinks: readonly ConnectionSink[];
  readonly batchConnections?: number;
  readonly maxInFlightBatches?: number;
}

/** A batch that is not full waits so long for more, while another one is under way. */
const LINGER_MS = 100;

/** Hands connections to the outputs in batches, and settles them as these say. */
export class ConnectionDispatcher {
  readonly #options: DispatchOptions;
  readonly #tally: JoinTally;
  readonly #onSettled: (connection: OpenConnection, isTaken: boolean) => void;
  readonly #batchConnections: number;
  readonly #maxInFlight: number;
  #ready: OpenConnection[] = [];
  #inFlight = 0;
  #lastSentMs = -Infinity;
  #timer: NodeJS.Timeout | undefined;
  readonly #idle = new Set<() => void>();
  /** Connections of postponed batches: an output may have them by now, and no sink has. */
  readonly #uncounted = new DeliveredMemory();

  constructor(
    options: DispatchOptions,
    tally: JoinTally,
    onSettled: (connection: OpenConnection, isTaken: boolean) => void,
  ) {
    const { batchConnections = 2_000, maxInFlightBatches = 4 } = options;
    this.#options = options;
    this.#tally = tally;
    this.#onSettled = onSettled;
    this.#batchConnections = batchConnections;
    this.#maxInFlight = maxInFlightBatches;
  }

  add(connection: OpenConnection): void {
    describeConnection(connection, this.#options.resolver);
    this.#ready.push(connection);
  }

  /** Sends what is ready: full batches at once, the rest when nothing was sent for a moment. */
  send(): void {
    while (this.#inFlight < this.#maxInFlight && this.#ready.length > 0 && this.#isBatchDue()) {
      const rest = this.#ready.splice(this.#batchConnections);
      const batch = this.#ready;
      this.#ready = rest;
      void this.#deliver(batch);
    }
    if (this.#ready.length > 0) this.#timer ??= setTimeout(() => this.#onTimer(), LINGER_MS);
  }

  /** Resolves when nothing is ready or under way, or the deadline has passed. */
  async drain(deadline: Deadline): Promise<void> {
    this.#lastSentMs = -Infinity;
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.send();
    if (this.#inFlight === 0 && this.#ready.length === 0) return;
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#idle.add(resolve);
    const timer = setTimeout(resolve, deadline.remainingMs());
    await promise;
    clearTimeout(timer);
    this.#idle.delete(resolve);
  }

  #isBatchDue(): boolean {
    return this.#ready.length >= this.#batchConnections || performance.now() - this.#lastSentMs >= LINGER_MS;
  }

  #onTimer(): void {
    this.#timer = undefined;
    this.send();
  }

  async #deliver(batch: OpenConnection[]): Promise<void> {
    this.#inFlight++;
    this.#lastSentMs = performance.now();
    const outcomes = await Promise.all(this.#options.outputs.map((output) => output.deliver(batch)));
    this.#inFlight--;
    const postponement = outcomes.find((outcome) => outcome.kind === 'later');
    if (postponement === undefined) this.#take(batch, outcomes);
    else this.#postpone(batch, postponement);
    this.send();
    if (this.#inFlight === 0 && this.#ready.length === 0) for (const resolve of this.#idle) resolve();
  }

  #take(batch: readonly OpenConnection[], outcomes: readonly DeliveryOutcome[]): void {
    const fresh = this.#withoutStored(batch, outcomes);
    for (const sink of this.#options.sinks) sink.accept(fresh);
    for (const connection of batch) {
      this.#tally.take(connection);
      this.#settle(connection, undefined);
    }
  }

  #postpone(batch: readonly OpenConnection[], { status, retryAfterMs, message }: Postponement): void {
    for (const connection of batch) {
      this.#tally.postpone(connection);
      this.#uncounted.add(connection.joinId, toSeconds(connection), 1, connection.part);
      this.#settle(connection, { kind: 'later', status, retryAfterMs, message });
    }
  }

  #settle(connection: OpenConnection, postponement: Postponement | undefined): void {
    connection.settleTickets(postponement);
    this.#onSettled(connection, postponement === undefined);
  }

  /**
   * Those that no output had before: what another replica told, or a former life of this process, was counted there.
   * What a postponed batch left behind in an output was not.
   */
  #withoutStored(batch: readonly Connection[], outcomes: readonly DeliveryOutcome[]): readonly Connection[] {
    const stored = outcomes.flatMap((outcome) =>
      outcome.kind === 'taken' && outcome.alreadyStored !== undefined ? [outcome.alreadyStored] : [],
    );
    if (stored.length === 0) return batch;
    const isStored = (i: number): boolean => stored.some((positions) => positions.has(i));
    return batch.filter((each, i) => !isStored(i) || this.#uncounted.knows(each.joinId, toSeconds(each), each.part));
  }
}

function toSeconds({ intervalStartMs }: Connection): number {
  return Math.floor(intervalStartMs / 1_000);
}
