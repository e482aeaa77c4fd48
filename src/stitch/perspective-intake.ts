import type { FlowRecord } from '../model/flow-record.ts';
import type { EndResolver } from '../model/named-end.ts';
import type { ConnectionExit } from './connection-exit.ts';
import { SEEN } from './delivered-memory.ts';
import { clientAddress, serverAddress, toOtherAddress } from './end-addresses.ts';
import type { JoinWindow } from './join-window.ts';
import { ObservedAddresses } from './observed-addresses.ts';
import type { ObserverWatch } from './observer-watch.ts';
import type { OpenConnection, Told } from './open-connection.ts';

export interface PerspectiveIntakeOptions {
  readonly resolver: EndResolver;
  readonly watch: ObserverWatch;
  readonly intervalMs: number;
  /** By how much the times of two perspectives of one report may differ. */
  readonly toleranceMs: number;
}

/** So long a Collector may keep what was sent back to it (`max_interval` of its `retry_on_failure`). */
const COLLECTOR_RETRY_MS = 30_000;

/**
 * Takes what the observers of both ends tell to the connection of its tuple and interval. One that has both goes out at
 * once, and so has one whose other end cannot be observed; but what failed waits for the whole window, since others may
 * have evidence of why.
 */
export class PerspectiveIntake {
  readonly #window: JoinWindow;
  readonly #exit: ConnectionExit;
  readonly #observed = new ObservedAddresses();
  readonly #options: PerspectiveIntakeOptions;

  constructor(window: JoinWindow, exit: ConnectionExit, options: PerspectiveIntakeOptions) {
    this.#window = window;
    this.#exit = exit;
    this.#options = options;
  }

  /** @param dueMs when it goes out though the other end told nothing; undefined: at once */
  take(joinId: string, intervalStartMs: number, told: Told, dueMs: number | undefined): void {
    const { perspective, report } = told;
    this.#note(told, intervalStartMs);
    const known = this.#window.find(joinId, intervalStartMs, 0);
    if (known?.state === 'waiting') return this.#add(known, told, dueMs);
    if (known !== undefined) return this.#comeAfter(known, told);
    const interval = intervalStartMs / this.#options.intervalMs;
    const seen = this.#exit.memory.find(joinId, interval);
    if (seen === 0) return this.#begin(joinId, intervalStartMs, told, dueMs);
    if ((seen & SEEN[perspective]) === 0) return this.#exit.tally.passBy('late');
    const isCounted = perspective === 'client' || (seen & SEEN.client) === 0;
    if (!isCounted || this.#exit.memory.knows(joinId, interval, report)) return this.#exit.tally.passBy('duplicate');
    this.#addPart(joinId, intervalStartMs, told);
  }

  /** It is due as it is. */
  goOutDue(connection: OpenConnection): void {
    const { clientSide, serverSide } = connection;
    // What failed need not have come to the server: only what was answered shows that nobody looks there.
    if (clientSide === undefined || (serverSide === undefined && clientSide.verdict === 'forwarded'))
      this.#observed.miss(toOtherAddress(connection));
    connection.isServerSilent =
      clientSide !== undefined && serverSide === undefined && this.#isSilent(connection, clientSide);
    this.#exit.goOut(connection);
  }

  #note({ record, observer, perspective }: Told, intervalStartMs: number): void {
    const address = perspective === 'client' ? clientAddress(record) : serverAddress(record);
    this.#observed.tell(address);
    if (record.direction !== 'unknown') this.#options.watch.tell(address, observer, intervalStartMs, record.startNs);
  }

  /** Nothing of this interval is known; what waits next to it may be the same, told by another clock. */
  #begin(joinId: string, intervalStartMs: number, told: Told, dueMs: number | undefined): void {
    const skewed = this.#window.findSkewed(joinId, told.record, told.perspective, this.#options.toleranceMs);
    if (skewed !== undefined) {
      // Whoever told first, the interval is the client's: a connection that comes again has the same one.
      if (told.perspective === 'client') skewed.intervalStartMs = intervalStartMs;
      return this.#add(skewed, told, dueMs);
    }
    const opened = this.#window.open(joinId, intervalStartMs, 0, dueMs ?? 0);
    this.#exit.tally.open();
    this.#add(opened, told, dueMs);
  }

  /** A tuple was used again, and its connection of this interval is out: the further report goes out by itself. */
  #addPart(joinId: string, intervalStartMs: number, told: Told): void {
    const known = this.#window.find(joinId, intervalStartMs, told.report);
    if (known !== undefined) return this.#exit.attach(known, told.ticket, 'duplicate');
    const opened = this.#window.open(joinId, intervalStartMs, told.report, 0);
    this.#exit.tally.open();
    opened.holdFor(told.ticket);
    opened.add(told);
    this.#exit.goOut(opened);
  }

  #add(connection: OpenConnection, told: Told, dueMs: number | undefined): void {
    // A sender that lost patience sends again what waits here.
    if (connection.hasReport(told.perspective === 'client', told.report))
      return this.#exit.attach(connection, told.ticket, 'duplicate');
    const isFirst = connection.isEvidenceAlone;
    connection.holdFor(told.ticket);
    connection.add(told);
    if (isFirst) this.#await(connection, told.record, dueMs);
    else if (hasBoth(connection) && isForwarded(connection)) this.#exit.goOut(connection);
  }

  /** Evidence may have come before; the other perspective is waited for as long all the same. */
  #await(connection: OpenConnection, record: FlowRecord, dueMs: number | undefined): void {
    if (dueMs === undefined || (!this.#isOtherExpected(connection, record) && isForwarded(connection)))
      return this.#exit.goOut(connection);
    connection.dueMs = dueMs;
    this.#window.enqueue(connection);
  }

  /** Its connection is with the outputs already, and does not change any more. */
  #comeAfter(connection: OpenConnection, told: Told): void {
    const isClient = told.perspective === 'client';
    const isIn = (isClient ? connection.clientSide : connection.serverSide) !== undefined;
    const isCounted = isClient || connection.clientSide === undefined;
    const isNew = !connection.hasReport(isClient, told.report);
    if (isIn && isCounted && isNew) this.#addPart(connection.joinId, connection.intervalStartMs, told);
    else this.#exit.attach(connection, told.ticket, isIn ? 'duplicate' : 'late');
  }

  /** Only a pod can have an observer, and it shows by its own records whether it has. */
  #isOtherExpected(connection: OpenConnection, record: FlowRecord): boolean {
    const isServer = connection.clientSide !== undefined;
    const address = toOtherAddress(connection);
    if (!this.#observed.isExpected(address)) return false;
    const port = isServer ? (record.natDestinationPort ?? record.destinationPort) : record.sourcePort;
    const { resolver } = this.#options;
    const end = resolver.resolveEnd(address, record.protocolNumber, port, record.startNs / 1e6);
    connection.awaitedEnd = end;
    return end.kind !== 'external' && end.kind !== 'node';
  }

  /** Its report may be among what was sent back to the observer and comes yet; then nothing is certain. */
  #isSilent({ intervalStartMs, dueMs }: OpenConnection, clientSide: FlowRecord): boolean {
    if (clientSide.verdict === 'forwarded' || this.#exit.lastSentBackMs + COLLECTOR_RETRY_MS > dueMs) return false;
    return this.#options.watch.isSilent(serverAddress(clientSide), intervalStartMs, clientSide);
  }
}

function hasBoth({ clientSide, serverSide }: OpenConnection): boolean {
  return clientSide !== undefined && serverSide !== undefined;
}

/** As the packets tell it. */
function isForwarded({ clientSide, serverSide }: OpenConnection): boolean {
  const verdict = clientSide?.verdict ?? 'unknown';
  return (verdict === 'unknown' ? (serverSide?.verdict ?? verdict) : verdict) === 'forwarded';
}
