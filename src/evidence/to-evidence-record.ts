import { hash } from 'node:crypto';
import { toAddressText } from '../lib/address-text.ts';
import { toCommunityId } from '../lib/community-id.ts';
import { createFlowRecord } from '../lib/create-flow-record.ts';
import type { FlowRecord } from '../model/flow-record.ts';
import { toTransportName } from '../model/ip-protocol.ts';
import type { ToldDrop } from './told-drop.ts';

/** When and where a drop was told. */
export interface Telling {
  readonly line: string;
  /** Of the line in its file, from 1. */
  readonly lineNumber: number;
  /** When it was read, nanoseconds since the Unix epoch: stands for a time that is not told. */
  readonly readNs: number;
  readonly intervalMs: number;
}

const ID_LENGTH = 16;

/**
 * The record that evidence travels as (see `DropEvidence`), in the interval of its first packet. A line that comes twice,
 * because its log is read again, makes the same record, so that it counts once; of lines without a time nobody can tell,
 * and each counts.
 */
export function toEvidenceRecord(drop: ToldDrop, telling: Telling): FlowRecord {
  const record = createFlowRecord();
  const { startNs = telling.readNs, endNs = startNs } = drop;
  const intervalNs = telling.intervalMs * 1e6;
  record.flowId = toFlowId(drop, telling);
  record.event = 'end';
  record.startNs = startNs;
  record.endNs = endNs;
  record.intervalStartNs = Math.floor(startNs / intervalNs) * intervalNs;
  record.intervalEndNs = record.intervalStartNs + intervalNs;
  record.direction = drop.direction;
  record.initiator = drop.initiator;
  fillTuple(record, drop);
  record.verdict = 'dropped';
  record.dropReason = drop.reason;
  record.dropDetail = drop.detail;
  record.dropPackets = drop.packets;
  record.dropBytes = drop.bytes;
  record.evidence = drop.source;
  return record;
}

function fillTuple(record: FlowRecord, { sourceAddress, destinationAddress, ports, protocolNumber }: ToldDrop): void {
  record.sourceAddress = toAddressText(sourceAddress);
  record.destinationAddress = toAddressText(destinationAddress);
  record.sourcePort = ports?.source;
  record.destinationPort = ports?.destination;
  record.protocolNumber = protocolNumber;
  record.transport = toTransportName(protocolNumber);
  record.networkType = sourceAddress.length === 4 ? 'ipv4' : 'ipv6';
  record.communityId = toCommunityId({
    protocol: protocolNumber,
    source: sourceAddress,
    destination: destinationAddress,
    sourcePort: ports?.source,
    destinationPort: ports?.destination,
  });
}

function toFlowId({ startNs }: ToldDrop, { line, lineNumber, readNs }: Telling): string {
  const text = startNs === undefined ? `${line}\n${lineNumber}\n${readNs}` : line;
  return hash('sha1', text, 'hex').slice(0, ID_LENGTH);
}
