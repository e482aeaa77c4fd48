import type { Connection, DropPlace, Perspectives } from '../model/connection.ts';
import type { DropEvidence } from '../model/drop-evidence.ts';
import type { DropReason } from '../model/drop-reason.ts';
import type { FlowRecord, Verdict } from '../model/flow-record.ts';
import type { NamedEnd, NamedService } from '../model/named-end.ts';
import type { PolicyFinding, PolicyJudgement } from '../model/policy-judgement.ts';
import type { Resource } from '../model/resource.ts';
import { EvidenceSide } from './evidence-side.ts';
import { mergeRecord } from './merge-record.ts';
import type { Perspective } from './perspective.ts';
import type { Postponement, RequestTicket } from './request-ticket.ts';

/** One record of a request, and what is known of it. */
export interface Told {
  readonly record: FlowRecord;
  readonly observer: Resource;
  readonly perspective: Perspective;
  readonly ticket: RequestTicket;
  /** `toReportHash` */
  readonly report: number;
}

/** One record of evidence, likewise. */
export interface ToldEvidence extends Omit<Told, 'perspective'> {
  /** `toEvidenceHash` */
  readonly report: number;
}

export const NO_EVIDENCE: readonly DropEvidence[] = [];

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
  clientSide: FlowRecord | undefined;
  clientObserver: Resource | undefined;
  serverSide: FlowRecord | undefined;
  serverObserver: Resource | undefined;
  evidenceSide: EvidenceSide | undefined;
  /** Whether the server's observer looked, and did not see what the client's saw. */
  isServerSilent = false;
  /** Of evidence that came after its connection went out: whether that one got through. */
  wasForwarded = false;
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

  /** Told beside the client's only; alone it is `record`. */
  get serverRecord(): FlowRecord | undefined {
    return this.clientSide === undefined ? undefined : this.serverSide;
  }

  /** Those of the perspective whose counters stand. */
  get flowsBegun(): number {
    return this.clientSide === undefined ? this.serverFlowsBegun : this.clientFlowsBegun;
  }

  /** Whether nothing but evidence is in it. */
  get isEvidenceAlone(): boolean {
    return this.clientSide === undefined && this.serverSide === undefined;
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
  dropPlace: DropPlace | undefined;
  evidence: readonly DropEvidence[] = NO_EVIDENCE;
  judgement: PolicyJudgement | undefined;
  finding: PolicyFinding | undefined;
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

  /** Takes a record in: of a side that has told already, it is added to that. */
  add({ record, observer, perspective, report }: Told): void {
    this.recordCount++;
    if (perspective === 'client') this.#addClient(record, observer, report);
    else this.#addServer(record, observer, report);
  }

  /** Takes evidence in; it is no perspective. */
  addEvidence({ record, observer, report }: ToldEvidence): void {
    this.recordCount++;
    this.evidenceSide ??= new EvidenceSide(record, observer);
    this.evidenceSide.add(record, observer, report);
  }

  /** Gives up what the server's observer told. Returns how many records that were. */
  forgetServer(): number {
    const count = this.recordCount - (this.evidenceSide?.reports.length ?? 0);
    this.recordCount -= count;
    this.serverSide = this.serverObserver = undefined;
    this.serverFlowsBegun = 0;
    return count;
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
    this.clientSide = this.clientObserver = this.serverSide = this.serverObserver = undefined;
    this.evidenceSide = this.judgement = this.finding = undefined;
    this.evidence = NO_EVIDENCE;
    this.isServerSilent = this.wasForwarded = false;
    this.clientReport = this.serverReport = 0;
    this.moreClientReports = this.moreServerReports = undefined;
    this.#ticket = this.#secondTicket = this.#moreTickets = undefined;
  }

  #addClient(record: FlowRecord, observer: Resource, report: number): void {
    if (record.sequence === 0) this.clientFlowsBegun++;
    if (this.clientSide !== undefined) {
      (this.moreClientReports ??= []).push(report);
      return mergeRecord(this.clientSide, record);
    }
    this.clientReport = report;
    this.clientSide = record;
    this.clientObserver = observer;
  }

  #addServer(record: FlowRecord, observer: Resource, report: number): void {
    if (record.sequence === 0) this.serverFlowsBegun++;
    if (this.serverSide !== undefined) {
      (this.moreServerReports ??= []).push(report);
      return mergeRecord(this.serverSide, record);
    }
    this.serverReport = report;
    this.serverSide = record;
    this.serverObserver = observer;
  }
}
