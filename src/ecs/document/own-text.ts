import type { Connection } from '../../model/connection.ts';
import type { FlowRecord } from '../../model/flow-record.ts';
import { FATE_TEXTS } from './fate-texts.ts';
import { toJsonText } from './json-text.ts';
import { toLong } from './to-long.ts';

/** Members of `podflow` that every connection has: how it was seen, and its fate. */
export function toFateMembers(connection: Connection): string {
  const { record, dropReason, flowsBegun } = connection;
  let text = FATE_TEXTS[connection.perspectives][connection.verdict][record.initiator];
  if (record.flowId !== '') text += toFlow(record);
  if (flowsBegun !== 0) text += `,"connections":${flowsBegun}`;
  if (dropReason !== undefined || record.dropPackets !== undefined) text += toDrop(dropReason, record);
  if (record.samplingRate !== 1) text += `,"sampling_rate":${record.samplingRate}`;
  return text;
}

function toFlow({ flowId, endReason }: FlowRecord): string {
  const id = toJsonText(flowId);
  return endReason === undefined ? `,"flow":{"id":${id}}` : `,"flow":{"id":${id},"end_reason":"${endReason}"}`;
}

function toDrop(reason: Connection['dropReason'], { dropPackets, dropBytes }: FlowRecord): string {
  let members = reason === undefined ? '' : `,"reason":"${reason}"`;
  if (dropPackets !== undefined) members += `,"packets":${toLong(dropPackets)}`;
  if (dropBytes !== undefined) members += `,"bytes":${toLong(dropBytes)}`;
  return `,"drop":{${members.slice(1)}}`;
}

/** `,"lost":{…},"server":{…}`: what the two observers' counts say of the way between them. */
export function toComparison(connection: Connection): string {
  const { serverRecord } = connection;
  return serverRecord === undefined ? '' : toLost(connection) + toServer(serverRecord);
}

const NOTHING_LOST = ',"lost":{"packets":0,"bytes":0,"reverse_packets":0,"reverse_bytes":0}';

function toLost({ lostPackets, lostBytes, reverseLostPackets, reverseLostBytes }: Connection): string {
  if (lostPackets === 0 && lostBytes === 0 && reverseLostPackets === 0 && reverseLostBytes === 0) return NOTHING_LOST;
  let members = '';
  if (lostPackets !== undefined) members += `,"packets":${toLong(lostPackets)}`;
  if (lostBytes !== undefined) members += `,"bytes":${toLong(lostBytes)}`;
  if (reverseLostPackets !== undefined) members += `,"reverse_packets":${toLong(reverseLostPackets)}`;
  if (reverseLostBytes !== undefined) members += `,"reverse_bytes":${toLong(reverseLostBytes)}`;
  return members === '' ? '' : `,"lost":{${members.slice(1)}}`;
}

function toServer(record: FlowRecord): string {
  let text = `,"server":{"bytes":${toLong(record.bytes)},"packets":${toLong(record.packets)}`;
  text += `,"reverse_bytes":${toLong(record.reverseBytes)},"reverse_packets":${toLong(record.reversePackets)}`;
  text += toRetransmits(record);
  return record.rttNs === undefined ? `${text}}` : `${text},"rtt_ns":${toLong(record.rttNs)}}`;
}

/** `,"tcp":{…}` or `,"icmp":{…}`: what the protocol tells; empty for others. */
export function toProtocolFacts(record: FlowRecord, stateAndFlags: string): string {
  if (record.protocolNumber === 6) return toTcp(record, stateAndFlags);
  if (record.icmpType === undefined) return '';
  const code = record.icmpCode === undefined ? '' : `,"code":${record.icmpCode}`;
  return `,"icmp":{"type":${record.icmpType}${code}}`;
}

function toTcp(record: FlowRecord, stateAndFlags: string): string {
  let members = stateAndFlags + toRetransmits(record);
  if (record.handshakeNs !== undefined) members += `,"handshake_ns":${toLong(record.handshakeNs)}`;
  if (record.rttNs !== undefined) members += `,"rtt_ns":${toLong(record.rttNs)}`;
  if (members === '') return '';
  return `,"tcp":{${stateAndFlags === '' ? members.slice(1) : members}}`;
}

const NO_RETRANSMITS = ',"retransmits":0,"reverse_retransmits":0';

function toRetransmits({ retransmits, reverseRetransmits }: FlowRecord): string {
  if (retransmits === 0 && reverseRetransmits === 0) return NO_RETRANSMITS;
  let members = retransmits === undefined ? '' : `,"retransmits":${toLong(retransmits)}`;
  if (reverseRetransmits !== undefined) members += `,"reverse_retransmits":${toLong(reverseRetransmits)}`;
  return members;
}
