import type { Connection } from '../model/connection.ts';
import type { ConnectionOutput, ConnectionSink, DeliveryOutcome } from '../model/connection-output.ts';
import type { Deadline } from '../model/stage.ts';
import { DeliveredMemory, SEEN } from './delivered-memory.ts';
import { describeConnection, type DescribeOptions } from './describe-connection.ts';
import type { JoinTally } from './join-tally.ts';
import type { OpenConnection } from './open-connection.ts';
import type { Postponement } from './request-ticket.ts';

export interface DispatchOptions extends DescribeOptions {
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
  /** By output: connections that it newly stored while another one postponed them. No sink was told of them. */
  readonly #uncounted: readonly DeliveredMemory[];

  constructor(
    options: DispatchOptions,
    tally: JoinTally,
    onSettled: (connection: OpenConnection, isTaken: boolean) => void,
  ) {
    const { batchConnections = 1_000, maxInFlightBatches = 4 } = options;
    this.#options = options;
    this.#tally = tally;
    this.#onSettled = onSettled;
    this.#batchConnections = batchConnections;
    this.#maxInFlight = maxInFlightBatches;
    this.#uncounted = options.outputs.map(() => new DeliveredMemory());
  }

  add(connection: OpenConnection): void {
    describeConnection(connection, this.#options);
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
    if (this.#ready.length > 0 && this.#timer === undefined) this.#timer = setTimeout(() => this.#onTimer(), LINGER_MS);
  }

  /** Resolves when nothing is ready or under way, or the deadline has passed. */
  async drain(deadline: Deadline): Promise<void> {
    if (this.#inFlight === 0 && this.#ready.length === 0) return;
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#idle.add(resolve);
    this.send();
    const timer = setTimeout(resolve, deadline.remainingMs());
    await promise;
    clearTimeout(timer);
    this.#idle.delete(resolve);
  }

  #isBatchDue(): boolean {
    const isFull = this.#ready.length >= this.#batchConnections;
    return isFull || this.#idle.size > 0 || performance.now() - this.#lastSentMs >= LINGER_MS;
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
    else this.#postpone(batch, postponement, outcomes);
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

  #postpone(
    batch: readonly OpenConnection[],
    { status, retryAfterMs, message }: Postponement,
    outcomes: readonly DeliveryOutcome[],
  ): void {
    outcomes.forEach((outcome, output) => this.#noteStored(batch, outcome, output));
    for (const connection of batch) {
      this.#tally.postpone(connection);
      this.#settle(connection, { kind: 'later', status, retryAfterMs, message });
    }
  }

  #noteStored(batch: readonly OpenConnection[], outcome: DeliveryOutcome, output: number): void {
    if (outcome.kind !== 'taken') return;
    batch.forEach((each, i) => {
      if (outcome.alreadyStored?.has(i) !== true)
        this.#uncounted[output]?.add(each.joinId, toSeconds(each), SEEN.client, each.part);
    });
  }

  #settle(connection: OpenConnection, postponement: Postponement | undefined): void {
    connection.settleTickets(postponement);
    this.#onSettled(connection, postponement === undefined);
  }

  /**
   * Those that no output had before: what another replica told, or a former life of this process, was counted there.
   * What an output stored of a batch that another one postponed was not.
   */
  #withoutStored(batch: readonly Connection[], outcomes: readonly DeliveryOutcome[]): readonly Connection[] {
    const isStored = (each: Connection, i: number): boolean =>
      outcomes.some(
        (outcome, output) =>
          outcome.kind === 'taken' &&
          outcome.alreadyStored?.has(i) === true &&
          this.#uncounted[output]?.knows(each.joinId, toSeconds(each), each.part) === false,
      );
    const isAnyStored = outcomes.some((outcome) => outcome.kind === 'taken' && outcome.alreadyStored !== undefined);
    return isAnyStored ? batch.filter((each, i) => !isStored(each, i)) : batch;
  }
}

function toSeconds({ intervalStartMs }: Connection): number {
  return Math.floor(intervalStartMs / 1_000);
}
