import { copyFlowRecord } from '../../lib/copy-flow-record.ts';
import { createFlowRecord } from '../../lib/create-flow-record.ts';
import type { Connection } from '../../model/connection.ts';
import type { FlowRecord } from '../../model/flow-record.ts';

/** A connection that is kept: its records are copies, its ends and Service are immutable and shared. */
export class StoredConnection implements Connection {
  joinId!: Connection['joinId'];
  intervalStartMs!: Connection['intervalStartMs'];
  part!: Connection['part'];
  perspectives!: Connection['perspectives'];
  readonly record = createFlowRecord();
  serverRecord: FlowRecord | undefined;
  observer!: Connection['observer'];
  source!: Connection['source'];
  sourcePort: Connection['sourcePort'];
  destination!: Connection['destination'];
  destinationPort: Connection['destinationPort'];
  service: Connection['service'];
  dialledAddress: Connection['dialledAddress'];
  dialledPort: Connection['dialledPort'];
  translatedSourceAddress: Connection['translatedSourceAddress'];
  translatedSourcePort: Connection['translatedSourcePort'];
  communityId!: Connection['communityId'];
  verdict!: Connection['verdict'];
  dropReason: Connection['dropReason'];
  dropPlace: Connection['dropPlace'];
  evidence!: Connection['evidence'];
  judgement: Connection['judgement'];
  finding: Connection['finding'];
  flowsBegun!: Connection['flowsBegun'];
  lostPackets: Connection['lostPackets'];
  lostBytes: Connection['lostBytes'];
  reverseLostPackets: Connection['reverseLostPackets'];
  reverseLostBytes: Connection['reverseLostBytes'];
  #spareRecord: FlowRecord | undefined;

  constructor(from: Connection) {
    this.take(from);
  }

  /** Becomes a copy of another one. */
  take(from: Connection): void {
    copyFlowRecord(this.record, from.record);
    this.serverRecord = from.serverRecord && this.#copyServerRecord(from.serverRecord);
    this.joinId = from.joinId;
    this.intervalStartMs = from.intervalStartMs;
    this.part = from.part;
    this.perspectives = from.perspectives;
    this.observer = from.observer;
    this.source = from.source;
    this.sourcePort = from.sourcePort;
    this.destination = from.destination;
    this.destinationPort = from.destinationPort;
    this.service = from.service;
    this.dialledAddress = from.dialledAddress;
    this.dialledPort = from.dialledPort;
    this.translatedSourceAddress = from.translatedSourceAddress;
    this.translatedSourcePort = from.translatedSourcePort;
    this.communityId = from.communityId;
    this.verdict = from.verdict;
    this.dropReason = from.dropReason;
    this.dropPlace = from.dropPlace;
    this.evidence = from.evidence;
    this.judgement = from.judgement;
    this.finding = from.finding;
    this.flowsBegun = from.flowsBegun;
    this.lostPackets = from.lostPackets;
    this.lostBytes = from.lostBytes;
    this.reverseLostPackets = from.reverseLostPackets;
    this.reverseLostBytes = from.reverseLostBytes;
  }

  #copyServerRecord(from: FlowRecord): FlowRecord {
    this.#spareRecord ??= createFlowRecord();
    copyFlowRecord(this.#spareRecord, from);
    return this.#spareRecord;
  }
}
