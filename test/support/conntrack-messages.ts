import { isIPv6 } from 'node:net';
import ipaddr from 'ipaddr.js';
import { withNamespace } from '../../src/lib/enter-namespace.ts';
import { checked, libc } from '../../src/lib/libc.ts';

/**
 * Writes ctnetlink messages, apart from the decoder: all numbers are those of linux/netfilter/nfnetlink_conntrack.h,
 * linux/netlink.h and linux/netfilter/nf_conntrack_common.h, written out here.
 */
export interface TupleFacts {
  readonly source: string;
  readonly destination: string;
  readonly sourcePort?: number;
  readonly destinationPort?: number;
  readonly icmpType?: number;
  readonly icmpId?: number;
  readonly zone?: number;
}

export interface EntryFacts {
  readonly protocol: number;
  readonly original: TupleFacts;
  readonly reply: TupleFacts;
  readonly id?: number;
  readonly zone?: number;
  readonly startNs?: bigint;
  readonly stopNs?: bigint;
  readonly eventNs?: bigint;
  readonly timeoutSeconds?: number;
}

const IPPROTO_TCP = 6;
const IPPROTO_ICMPV6 = 58;
const NESTED = 0x8000;

/** A netlink attribute, padded to four bytes. */
export function attribute(type: number, ...parts: readonly Uint8Array[]): Buffer {
  const payload = Buffer.concat(parts);
  const bytes = Buffer.alloc((4 + payload.length + 3) & ~3);
  bytes.writeUInt16LE(4 + payload.length, 0);
  bytes.writeUInt16LE(type, 2);
  payload.copy(bytes, 4);
  return bytes;
}

export function nest(type: number, ...attributes: readonly Uint8Array[]): Buffer {
  return attribute(type | NESTED, ...attributes);
}

export function u8(value: number): Buffer {
  return Buffer.of(value);
}
export function be16(value: number): Buffer {
  return Buffer.of(value >> 8, value & 0xff);
}
export function be32(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(value);
  return bytes;
}
export function be64(value: bigint): Buffer {
  const bytes = Buffer.alloc(8);
  bytes.writeBigUInt64BE(value);
  return bytes;
}

/** A tuple attribute: CTA_TUPLE_ORIG is 1, CTA_TUPLE_REPLY 2. */
export function tupleAttribute(type: number, protocol: number, tuple: TupleFacts): Buffer {
  const isV6 = isIPv6(tuple.source);
  const address = (text: string): Uint8Array => Uint8Array.from(ipaddr.parse(text).toByteArray());
  const ip = nest(
    1,
    attribute(isV6 ? 3 : 1, address(tuple.source)),
    attribute(isV6 ? 4 : 2, address(tuple.destination)),
  );
  const icmp = protocol === IPPROTO_ICMPV6 ? 7 : 4;
  const proto = nest(
    2,
    attribute(1, u8(protocol)),
    ...(tuple.sourcePort === undefined ? [] : [attribute(2, be16(tuple.sourcePort))]),
    ...(tuple.destinationPort === undefined ? [] : [attribute(3, be16(tuple.destinationPort))]),
    ...(tuple.icmpType === undefined
      ? []
      : [
          attribute(icmp, be16(tuple.icmpId ?? 1)),
          attribute(icmp + 1, u8(tuple.icmpType)),
          attribute(icmp + 2, u8(0)),
        ]),
  );
  const zone = tuple.zone === undefined ? [] : [attribute(3, be16(tuple.zone))];
  return nest(type, ip, proto, ...zone);
}

/** nfgenmsg and attributes of an entry, as the kernel sends them (without what podflow does not read but status). */
export function entryPayload(facts: EntryFacts): Buffer {
  const { protocol, original, reply, id, zone, startNs, stopNs, eventNs, timeoutSeconds } = facts;
  const timestamps = [
    ...(startNs === undefined ? [] : [attribute(1, be64(startNs))]),
    ...(stopNs === undefined ? [] : [attribute(2, be64(stopNs))]),
  ];
  return Buffer.concat([
    Buffer.of(isIPv6(original.source) ? 10 : 2, 0, 0, 0),
    tupleAttribute(1, protocol, original),
    tupleAttribute(2, protocol, reply),
    // IPS_SEEN_REPLY, IPS_ASSURED, IPS_CONFIRMED
    attribute(3, be32(0xe)),
    ...(timeoutSeconds === undefined ? [] : [attribute(7, be32(timeoutSeconds))]),
    ...(id === undefined ? [] : [attribute(12, be32(id))]),
    ...(zone === undefined ? [] : [attribute(18, be16(zone))]),
    ...(timestamps.length === 0 ? [] : [nest(20, ...timestamps)]),
    ...(eventNs === undefined ? [] : [attribute(27, be64(eventNs))]),
  ]);
}

/** A whole message. */
export function netlinkMessage(type: number, flags: number, payload: Uint8Array): Buffer {
  const header = Buffer.alloc(16);
  header.writeUInt32LE(16 + payload.length, 0);
  header.writeUInt16LE(type, 4);
  header.writeUInt16LE(flags, 6);
  return Buffer.concat([header, payload, Buffer.alloc(-payload.length & 3)]);
}

/**
 * Creates entries in the kernel's table of a namespace, as `conntrack -I` does but by the thousand: their reply tuples
 * are taken as they are. They live for `timeoutSeconds` (1 hour when absent).
 */
export function createKernelEntries(namespacePath: string, entries: Iterable<EntryFacts>): void {
  const fd = withNamespace(namespacePath, () => checked(libc.socket(16, 3, 12), 'socket(NETLINK_NETFILTER)', 'Root.'));
  try {
    let batch: Buffer[] = [];
    const flush = (): void => {
      const bytes = Buffer.concat(batch);
      checked(libc.send(fd, bytes, bytes.length, 0), 'send(ctnetlink)', 'Root.');
      batch = [];
    };
    for (const entry of entries) {
      batch.push(toCreateMessage(entry));
      if (batch.length === 100) flush();
    }
    if (batch.length > 0) flush();
  } finally {
    libc.close(fd);
  }
}

/** IPCTNL_MSG_CT_NEW with NLM_F_REQUEST | NLM_F_CREATE; TCP as established. */
function toCreateMessage(entry: EntryFacts): Buffer {
  const payload = entryPayload({ timeoutSeconds: 3_600, ...entry });
  const established = entry.protocol === IPPROTO_TCP ? nest(4, nest(1, attribute(1, u8(3)))) : Buffer.alloc(0);
  return netlinkMessage(0x100, 0x401, Buffer.concat([payload, established]));
}
