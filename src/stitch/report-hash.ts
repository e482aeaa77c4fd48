import type { FlowRecord } from '../model/flow-record.ts';

const PRIME = 0x01000193;
const OFFSET = 0x811c9dc5;
const TWO_POW_32 = 0x1_0000_0000;

/**
 * Tells a report from others of the same tuple and interval: 32 bits over its flow, number and times, never 0. A report
 * that is sent again has the same one. (FNV-1a, over characters and words instead of bytes.)
 */
export function toReportHash({ flowId, sequence, startNs, endNs }: FlowRecord): number {
  let hash = mixText(OFFSET, flowId);
  hash = Math.imul(hash ^ sequence, PRIME);
  hash = mixTime(mixTime(hash, startNs), endNs);
  return hash >>> 0 || 1;
}

/**
 * The same of evidence, of which several records may have one tuple and time: over who says what, and of which packets.
 * @param nodeName where it was dropped
 */
export function toEvidenceHash(record: FlowRecord, nodeName: string | undefined): number {
  let hash = mixText(toReportHash(record), `${record.evidence} ${record.dropReason} ${record.dropDetail} ${nodeName}`);
  hash = mixText(hash, `${record.sourceAddress} ${record.sourcePort} ${record.interfaceName} ${record.podUid}`);
  hash = Math.imul(hash ^ ((record.dropPackets ?? 0) | 0), PRIME);
  hash = Math.imul(hash ^ ((record.dropBytes ?? 0) | 0), PRIME);
  return hash >>> 0 || 1;
}

function mixText(hash: number, text: string): number {
  let mixed = hash;
  for (let i = 0; i < text.length; i++) mixed = Math.imul(mixed ^ text.charCodeAt(i), PRIME);
  return mixed;
}

function mixTime(hash: number, timeNs: number): number {
  const high = Math.floor(timeNs / TWO_POW_32);
  return Math.imul(Math.imul(hash ^ (high | 0), PRIME) ^ ((timeNs - high * TWO_POW_32) | 0), PRIME);
}
