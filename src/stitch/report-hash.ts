import type { FlowRecord } from '../model/flow-record.ts';

const PRIME = 0x01000193;
const OFFSET = 0x811c9dc5;
const TWO_POW_32 = 0x1_0000_0000;

/**
 * Tells a report from others of the same tuple and interval: 32 bits over its flow, number and times, never 0. A report
 * that is sent again has the same one. (FNV-1a, over characters and words instead of bytes.)
 */
export function toReportHash({ flowId, sequence, startNs, endNs }: FlowRecord): number {
  let hash = OFFSET;
  for (let i = 0; i < flowId.length; i++) hash = Math.imul(hash ^ flowId.charCodeAt(i), PRIME);
  hash = Math.imul(hash ^ sequence, PRIME);
  hash = mixTime(mixTime(hash, startNs), endNs);
  return hash >>> 0 || 1;
}

function mixTime(hash: number, timeNs: number): number {
  const high = Math.floor(timeNs / TWO_POW_32);
  return Math.imul(Math.imul(hash ^ (high | 0), PRIME) ^ ((timeNs - high * TWO_POW_32) | 0), PRIME);
}
