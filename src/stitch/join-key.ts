import ipaddr from 'ipaddr.js';
import { toCommunityId } from '../lib/community-id.ts';
import { traceCommunityId } from '../lib/trace-id.ts';
import type { FlowRecord } from '../model/flow-record.ts';

/** `1:` and the base64 of a SHA-1. */
const COMMUNITY_ID_LENGTH = 30;

/**
 * What both perspectives of a connection share: the Community ID of the delivered tuple. Of a record without one, from
 * an observer that is not podflow's, it is computed. Undefined when there are no addresses to compute it from.
 */
export function toJoinId(record: FlowRecord): string | undefined {
  const id = traceCommunityId(record);
  if (id.length === COMMUNITY_ID_LENGTH && id.startsWith('1:')) return id;
  const { natSourceAddress, natDestinationAddress } = record;
  const isTranslated = natSourceAddress !== undefined && natDestinationAddress !== undefined;
  return computeCommunityId(
    record,
    isTranslated ? natSourceAddress : record.sourceAddress,
    isTranslated ? record.natSourcePort : record.sourcePort,
    isTranslated ? natDestinationAddress : record.destinationAddress,
    isTranslated ? record.natDestinationPort : record.destinationPort,
  );
}

/** Community ID v1 of a tuple in text; undefined where an address is none. Of ICMP, type and code are the ports. */
export function computeCommunityId(
  { protocolNumber, icmpType, icmpCode }: FlowRecord,
  sourceAddress: string,
  sourcePort: number | undefined,
  destinationAddress: string,
  destinationPort: number | undefined,
): string | undefined {
  if (!ipaddr.isValid(sourceAddress) || !ipaddr.isValid(destinationAddress)) return undefined;
  return toCommunityId({
    protocol: protocolNumber,
    source: Uint8Array.from(ipaddr.parse(sourceAddress).toByteArray()),
    destination: Uint8Array.from(ipaddr.parse(destinationAddress).toByteArray()),
    sourcePort: icmpType ?? sourcePort,
    destinationPort: icmpCode ?? destinationPort,
  });
}

/** Start of the report interval that ended at `endNs`, or within which it was cut short; milliseconds since the epoch. */
export function toIntervalStartMs({ intervalEndNs, endNs }: FlowRecord, intervalMs: number): number {
  const endMs = (intervalEndNs === 0 ? endNs : intervalEndNs) / 1e6;
  return Math.max(0, Math.ceil(endMs / intervalMs) - 1) * intervalMs;
}
