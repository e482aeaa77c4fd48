import { toDropDetail } from '../../model/drop-detail.ts';
import type { Connection } from '../../model/connection.ts';
import type { FlowRecord } from '../../model/flow-record.ts';
import { FLOW_SYMPTOMS, toSymptoms } from '../../model/flow-symptom.ts';
import { FATE_TEXTS } from './fate-texts.ts';
import { toJsonText } from './json-text.ts';
import { toLong } from './to-long.ts';

/** `,"symptoms":[…]` of each set, by its bits. */
const SYMPTOM_TEXTS: readonly string[] = Array.from(
  { length: 1 << FLOW_SYMPTOMS.length },
  (_, bits) => `,"symptoms":${JSON.stringify(toSymptoms(bits))}`,
);

/** Members of `podflow` that every connection has: how it was seen, and its fate. */
export function toFateMembers(connection: Connection): string {
  const { record, serverRecord, dropReason, evidence, flowsBegun } = connection;
  const symptoms = record.symptoms | (serverRecord?.symptoms ?? 0);
  let text = FATE_TEXTS[connection.perspectives][connection.verdict][record.initiator];
  if (record.flowId !== '') text += toFlow(record);
  if (flowsBegun !== 0) text += `,"connections":${flowsBegun}`;
  if (dropReason !== undefined || record.dropPackets !== undefined || evidence.length > 0) text += toDrop(connection);
  if (symptoms !== 0) text += SYMPTOM_TEXTS[symptoms] ?? '';
  if (record.samplingRate !== 1) text += `,"sampling_rate":${record.samplingRate}`;
  return text;
}

function toFlow({ flowId, endReason }: FlowRecord): string {
  const id = toJsonText(flowId);
  return endReason === undefined ? `,"flow":{"id":${id}}` : `,"flow":{"id":${id},"end_reason":"${endReason}"}`;
}

function toDrop(connection: Connection): string {
  const { dropReason, dropPlace, record } = connection;
  const { dropPackets, dropBytes } = record;
  const detail = toDropDetail(connection);
  let members = dropReason === undefined ? '' : `,"reason":"${dropReason}"`;
  if (dropPlace !== undefined) members += `,"place":"${dropPlace}"`;
  if (detail !== undefined) members += `,"detail":${toJsonText(detail)}`;
  if (dropPackets !== undefined) members += `,"packets":${toLong(dropPackets)}`;
  if (dropBytes !== undefined) members += `,"bytes":${toLong(dropBytes)}`;
  return members === '' ? '' : `,"drop":{${members.slice(1)}}`;
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

/** `,"tcp":{…},"icmp":{…}`: what the protocol tells; empty for others. */
export function toProtocolFacts(record: FlowRecord, stateAndFlags: string): string {
  const isTcp = record.protocolNumber === 6;
  if (isTcp && record.icmpMtuBytes === undefined) return toTcp(record, stateAndFlags);
  return (isTcp ? toTcp(record, stateAndFlags) : '') + toIcmp(record, isTcp);
}

/** What ICMP says of a connection of TCP is only the size of its packets. */
function toIcmp({ icmpType, icmpCode, icmpMtuBytes }: FlowRecord, isTcp: boolean): string {
  let members = '';
  if (icmpType !== undefined && !isTcp) {
    members = `,"type":${icmpType}`;
    if (icmpCode !== undefined) members += `,"code":${icmpCode}`;
  }
  if (icmpMtuBytes !== undefined) members += `,"mtu":${toLong(icmpMtuBytes)}`;
  return members === '' ? '' : `,"icmp":{${members.slice(1)}}`;
}

function toTcp(record: FlowRecord, stateAndFlags: string): string {
  let members = stateAndFlags + toRetransmits(record);
  if (record.synRetries !== undefined) members += `,"syn_retries":${toLong(record.synRetries)}`;
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
