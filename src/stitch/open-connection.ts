import type { Connection, Perspectives } from '../model/connection.ts';
import type { DropReason } from '../model/drop-reason.ts';
import type { FlowRecord, Verdict } from '../model/flow-record.ts';
import type { NamedEnd, NamedService } from '../model/named-end.ts';
import type { Resource } from '../model/resource.ts';
import type { Postponement, RequestTicket } from './request-ticket.ts';

/** Where a connection stands: it waits for its other perspective, is with the outputs, or is free for use. */
export type ConnectionState = 'waiting' | 'out' | 'free';

/** A connection as it is being made; pooled. What `Connection` promises is there from `describeConnection` on. */
export class OpenConnection implements Connection {
  joinId = '';
  intervalStartMs = 0;
  part = 0;
  state: ConnectionState = 'free';
  /** Monotonic milliseconds at which it goes out as it is. */
  dueMs = 0;
  /** Another interval or part of the same connection. */
  next: OpenConnection | undefined;
  /** The end whose perspective was waited for, by name. */
  awaitedEnd: NamedEnd | undefined;
  clientRecord: FlowRecord | undefined;
  clientObserver: Resource | undefined;
  serverRecord: FlowRecord | undefined;
  serverObserver: Resource | undefined;
  /** Flows that each side saw begin. */
  clientFlowsBegun = 0;
  serverFlowsBegun = 0;
  recordCount = 0;
  /** `toReportHash` of what each side told; 0: nothing. Further ones are seldom. */
  clientReport = 0;
  serverReport = 0;
  moreClientReports: number[] | undefined;
  moreServerReports: number[] | undefined;
  /** Requests whose records are in it, or wait for it. Mostly there are two. */
  #ticket: RequestTicket | undefined;
  #secondTicket: RequestTicket | undefined;
  #moreTickets: RequestTicket[] | undefined;

  /** Those of the perspective whose counters stand. */
  get flowsBegun(): number {
    return this.clientRecord === undefined ? this.serverFlowsBegun : this.clientFlowsBegun;
  }

  record!: FlowRecord;
  observer!: Resource;
  perspectives: Perspectives = 'client';
  source!: NamedEnd;
  sourcePort: number | undefined;
  destination!: NamedEnd;
  destinationPort: number | undefined;
  service: NamedService | undefined;
  dialledAddress: string | undefined;
  dialledPort: number | undefined;
  translatedSourceAddress: string | undefined;
  translatedSourcePort: number | undefined;
  communityId = '';
  verdict: Verdict = 'unknown';
  dropReason: DropReason | undefined;
  lostPackets: number | undefined;
  lostBytes: number | undefined;
  reverseLostPackets: number | undefined;
  reverseLostBytes: number | undefined;

  begin(joinId: string, intervalStartMs: number, part: number, dueMs: number): void {
    this.joinId = joinId;
    this.intervalStartMs = intervalStartMs;
    this.part = part;
    this.dueMs = dueMs;
    this.state = 'waiting';
    this.clientFlowsBegun = this.serverFlowsBegun = this.recordCount = 0;
  }

  /** The request waits for what becomes of this connection. */
  holdFor(ticket: RequestTicket): void {
    ticket.hold();
    if (this.#ticket === undefined) this.#ticket = ticket;
    else if (this.#secondTicket === undefined) this.#secondTicket = ticket;
    else (this.#moreTickets ??= []).push(ticket);
  }

  settleTickets(postponement: Postponement | undefined): void {
    this.#ticket?.settle(postponement);
    this.#secondTicket?.settle(postponement);
    if (this.#moreTickets !== undefined) for (const ticket of this.#moreTickets) ticket.settle(postponement);
  }

  hasReport(isClient: boolean, report: number): boolean {
    if (report === (isClient ? this.clientReport : this.serverReport)) return true;
    return (isClient ? this.moreClientReports : this.moreServerReports)?.includes(report) === true;
  }

  /** Lets go of everything that it held, for its next use. */
  free(): void {
    this.state = 'free';
    this.next = this.awaitedEnd = undefined;
    this.clientRecord = this.clientObserver = this.serverRecord = this.serverObserver = undefined;
    this.clientReport = this.serverReport = 0;
    this.moreClientReports = this.moreServerReports = undefined;
    this.#ticket = this.#secondTicket = this.#moreTickets = undefined;
  }
}
