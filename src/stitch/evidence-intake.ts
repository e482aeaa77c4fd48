import type { FlowRecord } from '../model/flow-record.ts';
import type { EndResolver } from '../model/named-end.ts';
import type { Resource } from '../model/resource.ts';
import type { ConnectionExit } from './connection-exit.ts';
import { SEEN } from './delivered-memory.ts';
import { isOfCluster } from './is-of-cluster.ts';
import type { JoinWindow } from './join-window.ts';
import type { OpenConnection, ToldEvidence } from './open-connection.ts';
import { orientEvidence } from './orient-evidence.ts';
import { toEvidenceHash } from './report-hash.ts';
import type { RequestTicket } from './request-ticket.ts';
import { toNodeName } from './to-drop-evidence.ts';

export interface EvidenceIntakeOptions {
  readonly resolver: EndResolver;
  readonly intervalMs: number;
}

/**
 * Takes evidence of drops to the connection of its tuple and interval. It is no perspective: no traffic, no begin, and
 * nobody waits less for the perspectives because of it. What waits takes it in. Where nothing of its connection is known
 * it waits for that; when nothing came within the window, and where its connection is out already, it goes out by itself,
 * without perspectives and as a further part: the first one stays free for what the observers may yet tell.
 */
export class EvidenceIntake {
  readonly #window: JoinWindow;
  readonly #exit: ConnectionExit;
  readonly #resolver: EndResolver;
  readonly #intervalMs: number;

  constructor(window: JoinWindow, exit: ConnectionExit, { resolver, intervalMs }: EvidenceIntakeOptions) {
    this.#window = window;
    this.#exit = exit;
    this.#resolver = resolver;
    this.#intervalMs = intervalMs;
  }

  /** @param dueMs when it goes out by itself; undefined: at once */
  take(
    joinId: string,
    intervalStartMs: number,
    record: FlowRecord,
    observer: Resource,
    ticket: RequestTicket,
    dueMs: number | undefined,
  ): void {
    const report = toEvidenceHash(record, toNodeName(observer));
    const holder = this.#window.findEvidence(joinId, intervalStartMs, report);
    if (holder !== undefined) return this.#exit.attach(holder, ticket, 'duplicate');
    const interval = intervalStartMs / this.#intervalMs;
    if (this.#exit.evidenceMemory.knows(joinId, interval, report)) return this.#exit.tally.passBy('duplicate');
    const told: ToldEvidence = { record, observer, ticket, report };
    const known = this.#window.find(joinId, intervalStartMs, 0);
    if (known?.state === 'waiting') return add(known, told);
    const seen = this.#exit.memory.find(joinId, interval);
    const isOut = known !== undefined || seen !== 0;
    const opened = this.#open(joinId, intervalStartMs, told, isOut ? undefined : dueMs);
    opened.wasForwarded = known === undefined ? (seen & SEEN.forwarded) !== 0 : known.verdict === 'forwarded';
    if (isOut || dueMs === undefined) this.goOut(opened);
    else this.#window.enqueue(opened);
  }

  /** Evidence that stands alone: a connection by itself, if it is one of the cluster. */
  goOut(connection: OpenConnection): void {
    const { record, lowestReport } = connection.evidenceSide!;
    orientEvidence(record, this.#resolver);
    if (!isOfCluster(record, this.#resolver)) return this.#exit.letGo(connection, 'unrelated');
    connection.part = lowestReport;
    this.#exit.goOut(connection);
  }

  #open(joinId: string, intervalStartMs: number, told: ToldEvidence, dueMs: number | undefined): OpenConnection {
    const opened = this.#window.open(joinId, intervalStartMs, dueMs === undefined ? told.report : 0, dueMs ?? 0);
    this.#exit.tally.open();
    add(opened, told);
    return opened;
  }
}

function add(connection: OpenConnection, told: ToldEvidence): void {
  connection.holdFor(told.ticket);
  connection.addEvidence(told);
}
