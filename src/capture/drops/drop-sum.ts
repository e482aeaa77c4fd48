import { AddressTexts } from '../../lib/address-texts.ts';
import { toCommunityId } from '../../lib/community-id.ts';
import type { NetworkType } from '../../model/flow-record.ts';
import { IP_PROTOCOL } from '../../model/ip-protocol.ts';
import { DROP_KEY, DROP_KEY_BYTES, DROP_KIND, DROP_VALUE, DROP_VALUE_BYTES, IPV4_AT } from './drop-layout.ts';

/** What was dropped of one flow, in one direction, for one reason in one network namespace. */
export interface DropSum {
  readonly netns: number;
  /** Number of the kernel's reason. */
  readonly reason: number;
  readonly networkType: NetworkType;
  readonly protocol: number;
  readonly sourceAddress: string;
  readonly destinationAddress: string;
  readonly sourcePort: number | undefined;
  readonly destinationPort: number | undefined;
  readonly icmpType: number | undefined;
  readonly icmpCode: number | undefined;
  readonly communityId: string;
  packets: number;
  bytes: number;
  /** Nanoseconds since the Unix epoch. */
  firstNs: number;
  lastNs: number;
  /** And FIRST_SYN. */
  tcpFlags: number;
}

const texts = new AddressTexts();

/** Reads entry `index` of a drop map whose tuple was not met before; its sums are still 0. */
export function decodeDropKey(keys: Buffer, index: number): DropSum {
  const at = index * DROP_KEY_BYTES;
  const kind = keys[at + DROP_KEY.kind] ?? 0;
  const protocol = keys[at + DROP_KEY.protocol] ?? 0;
  const isIpv4 = (kind & DROP_KIND.ipv4) !== 0;
  const source = readAddress(keys, at + DROP_KEY.source, isIpv4);
  const destination = readAddress(keys, at + DROP_KEY.destination, isIpv4);
  const ports = readPorts(keys, at, (kind & DROP_KIND.hasPorts) !== 0);
  const isIcmp = protocol === IP_PROTOCOL.icmp || protocol === IP_PROTOCOL.icmp6;
  return {
    netns: keys.readUInt32LE(at + DROP_KEY.netns),
    reason: keys.readUInt32LE(at + DROP_KEY.reason),
    networkType: isIpv4 ? 'ipv4' : 'ipv6',
    protocol,
    sourceAddress: texts.toText(source),
    destinationAddress: texts.toText(destination),
    sourcePort: isIcmp ? undefined : ports.source,
    destinationPort: isIcmp ? undefined : ports.destination,
    icmpType: isIcmp ? ports.source : undefined,
    icmpCode: isIcmp ? ports.destination : undefined,
    communityId: toCommunityId({
      protocol,
      source,
      destination,
      sourcePort: ports.source,
      destinationPort: ports.destination,
    }),
    packets: 0,
    bytes: 0,
    firstNs: Infinity,
    lastNs: 0,
    tcpFlags: 0,
  };
}

/** Adds what entry `index` counted. */
export function addDropValue(sum: DropSum, values: Buffer, index: number, clockOffsetNs: number): void {
  const at = index * DROP_VALUE_BYTES;
  const firstNs = readUint64(values, at + DROP_VALUE.firstNs) + clockOffsetNs;
  sum.packets += readDropPackets(values, index);
  sum.bytes += readUint64(values, at + DROP_VALUE.bytes);
  sum.firstNs = Math.min(sum.firstNs, firstNs);
  // Two processors write the last time without a lock: it may be that of the packet before.
  sum.lastNs = Math.max(sum.lastNs, firstNs, readUint64(values, at + DROP_VALUE.lastNs) + clockOffsetNs);
  sum.tcpFlags |= values.readUInt32LE(at + DROP_VALUE.tcpFlags);
}

/** Packets that entry `index` counted. */
export function readDropPackets(values: Buffer, index: number): number {
  return readUint64(values, index * DROP_VALUE_BYTES + DROP_VALUE.packets);
}

function readAddress(keys: Buffer, at: number, isIpv4: boolean): Buffer {
  return isIpv4 ? keys.subarray(at + IPV4_AT, at + 16) : keys.subarray(at, at + 16);
}

function readPorts(keys: Buffer, at: number, hasPorts: boolean): { source?: number; destination?: number } {
  if (!hasPorts) return {};
  return {
    source: keys.readUInt16LE(at + DROP_KEY.sourcePort),
    destination: keys.readUInt16LE(at + DROP_KEY.destinationPort),
  };
}

function readUint64(values: Buffer, at: number): number {
  return values.readUInt32LE(at) + values.readUInt32LE(at + 4) * 2 ** 32;
}
