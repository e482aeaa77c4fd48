import type { ConnectionOutput, ConnectionSink } from '../model/connection-output.ts';
import type { FlowRecord } from '../model/flow-record.ts';
import type { EndResolver } from '../model/named-end.ts';
import type { PolicyJudge } from '../model/policy-judge.ts';
import type { Resource } from '../model/resource.ts';
import type { Deadline } from '../model/stage.ts';
import type { StitchCounters } from '../model/stitch-counters.ts';
import { ConnectionExit } from './connection-exit.ts';
import { EvidenceIntake } from './evidence-intake.ts';
import { isToldByClient } from './is-told-by-client.ts';
import { toIntervalStartMs, toJoinId } from './join-key.ts';
import { JoinWindow } from './join-window.ts';
import { ObserverWatch } from './observer-watch.ts';
import type { OpenConnection } from './open-connection.ts';
import { toPerspective } from './perspective.ts';
import { PerspectiveIntake } from './perspective-intake.ts';
import { toReportHash } from './report-hash.ts';
import { RequestTicket, type JoinAnswer } from './request-ticket.ts';

export interface ConnectionJoinOptions {
  readonly resolver: EndResolver;
  /** All of them must have a connection before its records are acknowledged. */
  readonly outputs: readonly ConnectionOutput[];
  /** Get connections that all outputs have, and that no output had before. */
  readonly sinks: readonly ConnectionSink[];
  /** Says what the policies say of each connection. */
  readonly judge?: PolicyJudge | undefined;
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
/** The part of an interval by which clocks of nodes are taken to differ at most, where packets are sought in vain. */
const CLOCK_SHARE = 0.1;

/**
 * Joins the perspectives of a connection: records of one delivered tuple and report interval, told by the client's and
 * by the server's observer, become one `Connection`. A perspective whose other end may have an observer waits for it
 * within a window; then it goes out alone, marked. What failed waits for the whole window, and takes in what others say
 * of the drop. Requests are answered when all their records have gone out: nothing is kept here that a crash could lose.
 * What is sent again, or comes after its connection went out, is recognised and counted, not doubled.
 */
export class ConnectionJoin {
  readonly #intervalMs: number;
  readonly #windowMs: number;
  readonly #maxHeldRecords: number;
  readonly #nowMs: () => number;
  readonly #window = new JoinWindow();
  readonly #watch: ObserverWatch;
  readonly #exit: ConnectionExit;
  readonly #perspectives: PerspectiveIntake;
  readonly #evidence: EvidenceIntake;
  #timer: NodeJS.Timeout | undefined;
  #isStopped = false;

  constructor(options: ConnectionJoinOptions) {
    const {
      intervalMs = 10_000,
      windowMs = 2_500,
      maxHeldRecords = 262_144,
      nowMs = () => performance.now(),
    } = options;
    this.#intervalMs = intervalMs;
    this.#windowMs = windowMs;
    this.#maxHeldRecords = maxHeldRecords;
    this.#nowMs = nowMs;
    const { resolver, judge } = options;
    const watch = new ObserverWatch({ intervalMs, clockToleranceMs: Math.min(windowMs, intervalMs * CLOCK_SHARE) });
    const isWithin = watch.isWithin.bind(watch);
    this.#watch = watch;
    this.#exit = new ConnectionExit(this.#window, { ...options, judge, isWithin, intervalMs, nowMs });
    this.#perspectives = new PerspectiveIntake(this.#window, this.#exit, {
      resolver,
      watch,
      intervalMs,
      toleranceMs: windowMs,
    });
    this.#evidence = new EvidenceIntake(this.#window, this.#exit, { resolver, intervalMs });
  }

  start(): void {
    this.#timer ??= setInterval(() => this.#tick(), TICK_MS);
  }

  /**
   * Takes the records of a request, which are in use until the promise resolves; they may be changed. Never rejects.
   * `observers` tells who observed each, by its index.
   */
  join(records: readonly FlowRecord[], observers: readonly Resource[]): Promise<JoinAnswer> {
    const { heldRecords } = this.#exit.tally;
    if (heldRecords > 0 && heldRecords + records.length > this.#maxHeldRecords) {
      this.#exit.sendBack(records.length);
      return Promise.resolve({
        kind: 'later',
        status: 429,
        retryAfterMs: FULL_RETRY_MS,
        message: 'too many records wait to be joined and stored',
      });
    }
    const ticket = new RequestTicket();
    const nowMs = this.#nowMs();
    const dueMs = this.#isStopped ? undefined : nowMs + this.#windowMs;
    this.#watch.turn(nowMs);
    this.#exit.tally.receive(records.length);
    for (let i = 0; i < records.length; i++) this.#take(records[i]!, observers[i]!, ticket, dueMs);
    ticket.settle();
    this.#exit.send();
    return ticket.answer;
  }

  /** Who sends was told to come back before its records came here, or found nobody: they come later than others. */
  noteSentBack(): void {
    this.#exit.sendBack(0);
  }

  counters(): StitchCounters {
    return this.#exit.counters();
  }

  /** Sends out what waits, within the deadline: for a source that knows when both perspectives are there. */
  async flush(deadline: Deadline): Promise<void> {
    this.#sendDue(Infinity);
    await this.#exit.drain(deadline);
  }

  /** Sends out what waits, within the deadline. Records that still come are joined with nothing and go out alone. */
  async stop(deadline: Deadline): Promise<void> {
    clearInterval(this.#timer);
    this.#timer = undefined;
    this.#isStopped = true;
    // What did not wait for the whole window cannot say that the other end told nothing.
    this.noteSentBack();
    await this.flush(deadline);
  }

  #tick(): void {
    this.#sendDue(this.#nowMs());
  }

  #sendDue(nowMs: number): void {
    for (let due = this.#window.takeDue(nowMs); due !== undefined; due = this.#window.takeDue(nowMs)) this.#end(due);
    this.#exit.send();
  }

  /** What waited has waited long enough. */
  #end(due: OpenConnection): void {
    if (due.isEvidenceAlone) return this.#evidence.goOut(due);
    if (!isToldByClient(due, this.#exit.memory, this.#intervalMs)) return this.#perspectives.goOutDue(due);
    if (due.evidenceSide === undefined) return this.#exit.letGo(due, 'late');
    for (let records = due.forgetServer(); records > 0; records--) this.#exit.tally.passBy('late');
    this.#evidence.goOut(due);
  }

  #take(record: FlowRecord, observer: Resource, ticket: RequestTicket, dueMs: number | undefined): void {
    const joinId = toJoinId(record);
    if (joinId === undefined) return this.#exit.tally.passBy('unidentified');
    const intervalStartMs = toIntervalStartMs(record, this.#intervalMs);
    if (record.evidence !== undefined)
      return this.#evidence.take(joinId, intervalStartMs, record, observer, ticket, dueMs);
    const perspective = toPerspective(record, observer);
    const told = { record, observer, perspective, ticket, report: toReportHash(record) };
    this.#perspectives.take(joinId, intervalStartMs, told, dueMs);
  }
}
