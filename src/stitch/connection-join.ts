import type { ConnectionOutput, ConnectionSink } from '../model/connection-output.ts';
import type { FlowRecord } from '../model/flow-record.ts';
import type { EndResolver } from '../model/named-end.ts';
import type { Resource } from '../model/resource.ts';
import type { Deadline } from '../model/stage.ts';
import type { StitchCounters } from '../model/stitch-counters.ts';
import { ConnectionDispatcher } from './connection-dispatcher.ts';
import { DeliveredMemory, SEEN } from './delivered-memory.ts';
import { toIntervalStartMs, toJoinId } from './join-key.ts';
import { JoinTally } from './join-tally.ts';
import { JoinWindow } from './join-window.ts';
import { mergeRecord } from './merge-record.ts';
import { ObservedAddresses } from './observed-addresses.ts';
import type { OpenConnection } from './open-connection.ts';
import { toPerspective, type Perspective } from './perspective.ts';
import { RequestTicket, type JoinAnswer } from './request-ticket.ts';

export interface ConnectionJoinOptions {
  readonly resolver: EndResolver;
  /** All of them must have a connection before its records are acknowledged. */
  readonly outputs: readonly ConnectionOutput[];
  /** Get connections that all outputs have, and that no output had before. */
  readonly sinks: readonly ConnectionSink[];
  /** Length of the observers' report interval, default 10,000. */
  readonly intervalMs?: number;
  /** How long a perspective waits for the other one, default 2,500. */
  readonly windowMs?: number;
  /** Records held at a time, default 262,144; a request beyond that is told to come back. */
  readonly maxHeldRecords?: number;
  /** Connections handed to the outputs at a time, default 2,000. */
  readonly batchConnections?: number;
  /** Batches that are with the outputs at a time, default 4. */
  readonly maxInFlightBatches?: number;
  /** Monotonic milliseconds. */
  readonly nowMs?: () => number;
}

/** How often what is due is looked for; a connection goes out so much later at most. */
const TICK_MS = 50;
const FULL_RETRY_MS = 1_000;

/**
 * Joins the perspectives of a connection: records of one delivered tuple and report interval, told by the client's and
 * by the server's observer, become one `Connection`. A perspective whose other end may have an observer waits for it
 * within a window; then it goes out alone, marked. Requests are answered when all their records have gone out: nothing
 * is kept here that a crash could lose. What is sent again, or comes after its connection went out, is recognised and
 * counted, not doubled.
 */
export class ConnectionJoin {
  readonly #options: ConnectionJoinOptions;
  readonly #intervalMs: number;
  readonly #windowMs: number;
  readonly #maxHeldRecords: number;
  readonly #nowMs: () => number;
  readonly #window = new JoinWindow();
  readonly #memory = new DeliveredMemory();
  readonly #observed = new ObservedAddresses();
  readonly #tally = new JoinTally();
  readonly #dispatcher: ConnectionDispatcher;
  #timer: NodeJS.Timeout | undefined;

  constructor(options: ConnectionJoinOptions) {
    const {
      intervalMs = 10_000,
      windowMs = 2_500,
      maxHeldRecords = 262_144,
      nowMs = () => performance.now(),
    } = options;
    this.#options = options;
    this.#intervalMs = intervalMs;
    this.#windowMs = windowMs;
    this.#maxHeldRecords = maxHeldRecords;
    this.#nowMs = nowMs;
    this.#dispatcher = new ConnectionDispatcher(options, this.#tally, (connection, isTaken) =>
      this.#settled(connection, isTaken),
    );
  }

  start(): void {
    this.#timer ??= setInterval(() => this.#tick(), TICK_MS);
  }

  /**
   * Takes the records of a request, which are in use until the promise resolves; they may be changed. Never rejects.
   * `observers` tells who observed each, by its index.
   */
  join(records: readonly FlowRecord[], observers: readonly Resource[]): Promise<JoinAnswer> {
    if (this.#tally.heldRecords > 0 && this.#tally.heldRecords + records.length > this.#maxHeldRecords) {
      this.#tally.sendBack(records.length);
      return Promise.resolve({
        kind: 'later',
        status: 429,
        retryAfterMs: FULL_RETRY_MS,
        message: 'too many records wait to be joined and stored',
      });
    }
    const ticket = new RequestTicket();
    const nowMs = this.#nowMs();
    this.#tally.receive(records.length);
    for (let i = 0; i < records.length; i++) this.#take(records[i]!, observers[i]!, ticket, nowMs);
    ticket.settle();
    this.#dispatcher.send();
    return ticket.answer;
  }

  counters(): StitchCounters {
    return this.#tally.counters();
  }

  /** Sends out what waits, within the deadline. Records that still come are joined with nothing and go out alone. */
  async stop(deadline: Deadline): Promise<void> {
    clearInterval(this.#timer);
    this.#timer = undefined;
    this.#sendDue(Infinity);
    await this.#dispatcher.drain(deadline);
  }

  #tick(): void {
    this.#sendDue(this.#nowMs());
  }

  #sendDue(nowMs: number): void {
    for (let due = this.#window.takeDue(nowMs); due !== undefined; due = this.#window.takeDue(nowMs)) {
      this.#observed.miss(toOtherAddress(due));
      this.#goOut(due);
    }
    this.#dispatcher.send();
  }

  #take(record: FlowRecord, observer: Resource, ticket: RequestTicket, nowMs: number): void {
    const joinId = toJoinId(record);
    if (joinId === undefined) return this.#tally.passBy('unidentified');
    const perspective = toPerspective(record, observer);
    this.#observed.tell(perspective === 'client' ? clientAddress(record) : serverAddress(record));
    const intervalStartMs = toIntervalStartMs(record, this.#intervalMs);
    const known = this.#window.find(joinId, intervalStartMs);
    if (known?.state === 'waiting') return this.#add(known, record, observer, perspective, ticket);
    if (known !== undefined) return this.#comeLate(known, perspective, ticket);
    const seen = this.#memory.find(joinId, intervalStartMs / this.#intervalMs);
    if (seen !== 0) return this.#tally.passBy((seen & SEEN[perspective]) === 0 ? 'late' : 'duplicate');
    const opened = this.#window.open(joinId, intervalStartMs, nowMs + this.#windowMs);
    this.#tally.open();
    this.#add(opened, record, observer, perspective, ticket);
    if (opened.state !== 'waiting') return;
    if (this.#isOtherExpected(opened, record)) this.#window.enqueue(opened);
    else this.#goOut(opened);
  }

  #add(
    connection: OpenConnection,
    record: FlowRecord,
    observer: Resource,
    perspective: Perspective,
    ticket: RequestTicket,
  ): void {
    ticket.hold();
    connection.tickets.push(ticket);
    connection.recordCount++;
    if (perspective === 'client') this.#addClient(connection, record, observer);
    else this.#addServer(connection, record, observer);
    if (connection.clientRecord !== undefined && connection.serverRecord !== undefined) this.#goOut(connection);
  }

  #addClient(connection: OpenConnection, record: FlowRecord, observer: Resource): void {
    if (record.sequence === 0) connection.clientFlowsBegun++;
    if (connection.clientRecord !== undefined) return mergeRecord(connection.clientRecord, record);
    connection.clientRecord = record;
    connection.clientObserver = observer;
  }

  #addServer(connection: OpenConnection, record: FlowRecord, observer: Resource): void {
    if (record.sequence === 0) connection.serverFlowsBegun++;
    if (connection.serverRecord !== undefined) return mergeRecord(connection.serverRecord, record);
    connection.serverRecord = record;
    connection.serverObserver = observer;
  }

  /** Its connection is with the outputs already: it is answered when that is, and does not change it any more. */
  #comeLate(connection: OpenConnection, perspective: Perspective, ticket: RequestTicket): void {
    const isIn = perspective === 'client' ? connection.clientRecord : connection.serverRecord;
    this.#tally.passBy(isIn === undefined ? 'late' : 'duplicate');
    ticket.hold();
    connection.lateTickets.push(ticket);
  }

  /** Only a pod can have an observer, and it shows by its own records whether it has. */
  #isOtherExpected(connection: OpenConnection, record: FlowRecord): boolean {
    const isServer = connection.clientRecord !== undefined;
    const address = toOtherAddress(connection);
    if (!this.#observed.isExpected(address)) return false;
    const port = isServer ? (record.natDestinationPort ?? record.destinationPort) : record.sourcePort;
    const { kind } = this.#options.resolver.resolveEnd(address, record.protocolNumber, port, record.startNs / 1e6);
    return kind !== 'external' && kind !== 'node';
  }

  #goOut(connection: OpenConnection): void {
    connection.state = 'out';
    this.#tally.goOut();
    this.#dispatcher.add(connection);
  }

  #settled(connection: OpenConnection, isTaken: boolean): void {
    if (isTaken) {
      const seen =
        (connection.clientRecord === undefined ? 0 : SEEN.client) |
        (connection.serverRecord === undefined ? 0 : SEEN.server);
      this.#memory.add(connection.joinId, connection.intervalStartMs / this.#intervalMs, seen, this.#nowMs());
    }
    this.#window.release(connection);
  }
}

/** The pod that the client's observer looks at, and the one that the server's does, whatever the packets were translated to. */
function clientAddress(record: FlowRecord): string {
  return record.natOriginalSourceAddress ?? record.sourceAddress;
}

function serverAddress(record: FlowRecord): string {
  return record.natDestinationAddress ?? record.destinationAddress;
}

/** The end whose perspective a lone connection lacks. */
function toOtherAddress({ clientRecord, serverRecord }: OpenConnection): string {
  return clientRecord === undefined ? clientAddress(serverRecord as FlowRecord) : serverAddress(clientRecord);
}
