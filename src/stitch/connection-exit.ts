import type { StitchCounters, UnjoinedReason } from '../model/stitch-counters.ts';
import type { Deadline } from '../model/stage.ts';
import { ConnectionDispatcher, type DispatchOptions } from './connection-dispatcher.ts';
import { DeliveredMemory, SEEN } from './delivered-memory.ts';
import { JoinTally } from './join-tally.ts';
import { JoinWindow } from './join-window.ts';
import type { OpenConnection } from './open-connection.ts';
import type { RequestTicket } from './request-ticket.ts';
import { toSeen } from './to-seen.ts';

/** Evidence comes for few connections, and of a log for intervals long ago, which must not displace what is recent. */
const EVIDENCE_REPORTS = 262_144;

/**
 * What leaves the join: connections go to the outputs, records that add nothing are counted with their reason. What the
 * outputs took is remembered, so that what comes late or twice is told from what is new.
 */
export class ConnectionExit {
  readonly tally = new JoinTally();
  readonly memory = new DeliveredMemory();
  readonly evidenceMemory = new DeliveredMemory({ maxReports: EVIDENCE_REPORTS });
  /** Monotonic milliseconds; records that are sent back come later than others of their interval. */
  lastSentBackMs = -Infinity;
  readonly #window: JoinWindow;
  readonly #intervalMs: number;
  readonly #nowMs: () => number;
  readonly #dispatcher: ConnectionDispatcher;

  constructor(window: JoinWindow, options: DispatchOptions & { intervalMs: number; nowMs: () => number }) {
    this.#window = window;
    this.#intervalMs = options.intervalMs;
    this.#nowMs = options.nowMs;
    this.#dispatcher = new ConnectionDispatcher(options, this.tally, (connection, isTaken) =>
      this.#settled(connection, isTaken),
    );
  }

  goOut(connection: OpenConnection): void {
    connection.state = 'out';
    this.tally.goOut();
    this.#dispatcher.add(connection);
  }

  /** Its records are taken, and add nothing. */
  letGo(connection: OpenConnection, reason: UnjoinedReason): void {
    connection.state = 'out';
    this.tally.goOut();
    for (let i = 0; i < connection.recordCount; i++) this.tally.passBy(reason);
    connection.settleTickets(undefined);
    this.#window.release(connection);
  }

  /** The record adds nothing; its request is answered as the connection is. */
  attach(connection: OpenConnection, ticket: RequestTicket, reason: UnjoinedReason): void {
    this.tally.passBy(reason);
    connection.holdFor(ticket);
  }

  /** Records that were not even looked at. */
  sendBack(records: number): void {
    this.tally.sendBack(records);
    this.lastSentBackMs = this.#nowMs();
  }

  /** Hands to the outputs what is due. */
  send(): void {
    this.#dispatcher.send();
  }

  drain(deadline: Deadline): Promise<void> {
    return this.#dispatcher.drain(deadline);
  }

  counters(): StitchCounters {
    return this.tally.counters();
  }

  #settled(connection: OpenConnection, isTaken: boolean): void {
    if (isTaken) this.#remember(connection);
    else this.lastSentBackMs = this.#nowMs();
    this.#window.release(connection);
  }

  #remember(connection: OpenConnection): void {
    const { joinId, clientSide, evidenceSide } = connection;
    const interval = connection.intervalStartMs / this.#intervalMs;
    // Any of `SEEN` marks a report as known.
    for (const report of evidenceSide?.reports ?? NONE) this.evidenceMemory.add(joinId, interval, SEEN.client, report);
    if (connection.isEvidenceAlone) return;
    const seen = toSeen(connection);
    const isClient = clientSide !== undefined;
    this.memory.add(joinId, interval, seen, isClient ? connection.clientReport : connection.serverReport);
    const more = isClient ? connection.moreClientReports : connection.moreServerReports;
    if (more !== undefined) for (const report of more) this.memory.add(joinId, interval, seen, report);
  }
}

const NONE: readonly number[] = [];
