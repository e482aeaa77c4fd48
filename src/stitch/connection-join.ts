import type { ConnectionOutput, ConnectionSink } from '../model/connection-output.ts';
import type { FlowRecord } from '../model/flow-record.ts';
import type { EndResolver } from '../model/named-end.ts';
import type { Resource } from '../model/resource.ts';
import type { Deadline } from '../model/stage.ts';
import type { StitchCounters, UnjoinedReason } from '../model/stitch-counters.ts';
import { ConnectionDispatcher } from './connection-dispatcher.ts';
import { DeliveredMemory, SEEN } from './delivered-memory.ts';
import { isToldByClient } from './is-told-by-client.ts';
import { toIntervalStartMs, toJoinId } from './join-key.ts';
import { JoinTally } from './join-tally.ts';
import { JoinWindow } from './join-window.ts';
import { ObservedAddresses } from './observed-addresses.ts';
import type { OpenConnection, Told } from './open-connection.ts';
import { clientAddress, serverAddress, toOtherAddress } from './end-addresses.ts';
import { toPerspective } from './perspective.ts';
import { toReportHash } from './report-hash.ts';
import { RequestTicket, type JoinAnswer } from './request-ticket.ts';
import { toSeen } from './to-seen.ts';

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
  /** Connections handed to the outputs at a time, default 1,000: a bulk request of 3 MB. */
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
  #isStopped = false;

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

  /** Sends out what waits, within the deadline: for a source that knows when both perspectives are there. */
  async flush(deadline: Deadline): Promise<void> {
    this.#sendDue(Infinity);
    await this.#dispatcher.drain(deadline);
  }

  /** Sends out what waits, within the deadline. Records that still come are joined with nothing and go out alone. */
  async stop(deadline: Deadline): Promise<void> {
    clearInterval(this.#timer);
    this.#timer = undefined;
    this.#isStopped = true;
    await this.flush(deadline);
  }

  #tick(): void {
    this.#sendDue(this.#nowMs());
  }

  #sendDue(nowMs: number): void {
    for (let due = this.#window.takeDue(nowMs); due !== undefined; due = this.#window.takeDue(nowMs)) {
      if (isToldByClient(due, this.#memory, this.#intervalMs)) this.#letGo(due);
      else this.#goOutAlone(due);
    }
    this.#dispatcher.send();
  }

  #take(record: FlowRecord, observer: Resource, ticket: RequestTicket, nowMs: number): void {
    const joinId = toJoinId(record);
    if (joinId === undefined) return this.#tally.passBy('unidentified');
    const perspective = toPerspective(record, observer);
    this.#observed.tell(perspective === 'client' ? clientAddress(record) : serverAddress(record));
    const intervalStartMs = toIntervalStartMs(record, this.#intervalMs);
    const told: Told = { record, observer, perspective, ticket, report: toReportHash(record) };
    const known = this.#window.find(joinId, intervalStartMs, 0);
    if (known?.state === 'waiting') return this.#add(known, told);
    if (known !== undefined) return this.#comeAfter(known, told);
    const seen = this.#memory.find(joinId, intervalStartMs / this.#intervalMs);
    if (seen === 0) return this.#begin(joinId, intervalStartMs, told, nowMs + this.#windowMs);
    if ((seen & SEEN[perspective]) === 0) return this.#tally.passBy('late');
    const isCounted = perspective === 'client' || (seen & SEEN.client) === 0;
    if (!isCounted || this.#memory.knows(joinId, intervalStartMs / this.#intervalMs, told.report))
      return this.#tally.passBy('duplicate');
    this.#addPart(joinId, intervalStartMs, told);
  }

  /** Nothing of this interval is known; what waits next to it may be the same, told by another clock. */
  #begin(joinId: string, intervalStartMs: number, told: Told, dueMs: number): void {
    const skewed = this.#window.findSkewed(joinId, told.record, told.perspective, this.#windowMs);
    if (skewed === undefined) return this.#open(joinId, intervalStartMs, told, dueMs);
    // Whoever told first, the interval is the client's: a connection that comes again has the same one.
    if (told.perspective === 'client') skewed.intervalStartMs = intervalStartMs;
    this.#add(skewed, told);
  }

  #open(joinId: string, intervalStartMs: number, told: Told, dueMs: number): void {
    const opened = this.#window.open(joinId, intervalStartMs, 0, dueMs);
    this.#tally.open();
    this.#add(opened, told);
    if (this.#isOtherExpected(opened, told.record)) this.#window.enqueue(opened);
    else this.#goOut(opened);
  }

  /** A tuple was used again, and its connection of this interval is out: the further report goes out by itself. */
  #addPart(joinId: string, intervalStartMs: number, told: Told): void {
    const known = this.#window.find(joinId, intervalStartMs, told.report);
    if (known !== undefined) return this.#attach(known, told.ticket, 'duplicate');
    const opened = this.#window.open(joinId, intervalStartMs, told.report, 0);
    this.#tally.open();
    this.#add(opened, told);
    this.#goOut(opened);
  }

  #add(connection: OpenConnection, told: Told): void {
    const isClient = told.perspective === 'client';
    // A sender that lost patience sends again what waits here.
    if (connection.hasReport(isClient, told.report)) return this.#attach(connection, told.ticket, 'duplicate');
    connection.holdFor(told.ticket);
    connection.add(told);
    if (connection.clientSide !== undefined && connection.serverSide !== undefined) this.#goOut(connection);
  }

  /** Its connection is with the outputs already, and does not change any more. */
  #comeAfter(connection: OpenConnection, told: Told): void {
    const isClient = told.perspective === 'client';
    const isIn = (isClient ? connection.clientSide : connection.serverSide) !== undefined;
    const isCounted = isClient || connection.clientSide === undefined;
    const isNew = !connection.hasReport(isClient, told.report);
    if (isIn && isCounted && isNew) this.#addPart(connection.joinId, connection.intervalStartMs, told);
    else this.#attach(connection, told.ticket, isIn ? 'duplicate' : 'late');
  }

  /** The record adds nothing; its request is answered as the connection is. */
  #attach(connection: OpenConnection, ticket: RequestTicket, reason: UnjoinedReason): void {
    this.#tally.passBy(reason);
    connection.holdFor(ticket);
  }

  /** Only a pod can have an observer, and it shows by its own records whether it has. */
  #isOtherExpected(connection: OpenConnection, record: FlowRecord): boolean {
    const isServer = connection.clientSide !== undefined;
    const address = toOtherAddress(connection);
    if (this.#isStopped || !this.#observed.isExpected(address)) return false;
    const port = isServer ? (record.natDestinationPort ?? record.destinationPort) : record.sourcePort;
    const end = this.#options.resolver.resolveEnd(address, record.protocolNumber, port, record.startNs / 1e6);
    connection.awaitedEnd = end;
    return end.kind !== 'external' && end.kind !== 'node';
  }

  #goOut(connection: OpenConnection): void {
    connection.state = 'out';
    this.#tally.goOut();
    this.#dispatcher.add(connection);
  }

  #goOutAlone(connection: OpenConnection): void {
    this.#observed.miss(toOtherAddress(connection));
    this.#goOut(connection);
  }

  /** Its records are taken, and add nothing. */
  #letGo(connection: OpenConnection): void {
    connection.state = 'out';
    this.#tally.goOut();
    for (let i = 0; i < connection.recordCount; i++) this.#tally.passBy('late');
    connection.settleTickets(undefined);
    this.#window.release(connection);
  }

  #settled(connection: OpenConnection, isTaken: boolean): void {
    if (isTaken) this.#remember(connection);
    this.#window.release(connection);
  }

  #remember(connection: OpenConnection): void {
    const { joinId, clientSide } = connection;
    const seen = toSeen(connection);
    const interval = connection.intervalStartMs / this.#intervalMs;
    const isClient = clientSide !== undefined;
    this.#memory.add(joinId, interval, seen, isClient ? connection.clientReport : connection.serverReport);
    const more = isClient ? connection.moreClientReports : connection.moreServerReports;
    if (more !== undefined) for (const report of more) this.#memory.add(joinId, interval, seen, report);
  }
}
