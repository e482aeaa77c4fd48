import { SEEN } from '../../model/flow-delta.ts';
import { readUint16, readUint8 } from './byte-order.ts';
import type { DecodedPacket } from './decoded-packet.ts';
import { ETHER_TYPE, isIp } from './ether-type.ts';
import { LINK_TYPE, type LinkType } from './link-type.ts';
import { skipVlanTags } from './skip-vlan-tags.ts';

const ETHERNET_BYTES = 14;
const SLL_BYTES = 16;
const SLL2_BYTES = 20;
const LOOPBACK_BYTES = 4;
/** Packet type of both cooked headers: sent by this machine. */
const SLL_OUTGOING = 4;
/** AF_INET everywhere; AF_INET6 of Linux, NetBSD and OpenBSD, FreeBSD, Darwin. */
const AF_INET = 2;
const AF_INET6: ReadonlySet<number> = new Set([10, 24, 28, 30]);

/**
 * Finds the IP header behind a link header and up to two VLAN tags.
 * @param start,end the captured bytes of the frame
 * @returns false for frames that are not IP; else networkAt, isIpv6, VLAN and direction of `packet` are set
 */
export function decodeLinkHeader(
  bytes: Uint8Array,
  start: number,
  end: number,
  linkType: LinkType,
  packet: DecodedPacket,
): boolean {
  packet.seenDirection = 0;
  const firstType = readEtherType(bytes, start, end, linkType, packet);
  const untaggedAt = packet.networkAt;
  const etherType = skipVlanTags(bytes, end, firstType, packet);
  packet.isTagged = packet.networkAt !== untaggedAt;
  packet.isIpv6 = etherType === ETHER_TYPE.ipv6;
  return isIp(etherType);
}

function readEtherType(
  bytes: Uint8Array,
  start: number,
  end: number,
  linkType: LinkType,
  packet: DecodedPacket,
): number {
  switch (linkType) {
    case LINK_TYPE.ethernet:
      packet.networkAt = start + ETHERNET_BYTES;
      return end - start < ETHERNET_BYTES ? ETHER_TYPE.none : readUint16(bytes, start + 12);
    case LINK_TYPE.linuxSll:
      packet.networkAt = start + SLL_BYTES;
      if (end - start < SLL_BYTES) return ETHER_TYPE.none;
      packet.seenDirection = readUint16(bytes, start) === SLL_OUTGOING ? SEEN.outgoing : SEEN.incoming;
      return readUint16(bytes, start + 14);
    case LINK_TYPE.linuxSll2:
      packet.networkAt = start + SLL2_BYTES;
      if (end - start < SLL2_BYTES) return ETHER_TYPE.none;
      packet.seenDirection = readUint8(bytes, start + 10) === SLL_OUTGOING ? SEEN.outgoing : SEEN.incoming;
      return readUint16(bytes, start);
    case LINK_TYPE.null:
    case LINK_TYPE.loop:
      packet.networkAt = start + LOOPBACK_BYTES;
      return end - start < LOOPBACK_BYTES ? ETHER_TYPE.none : toEtherType(readAddressFamily(bytes, start));
    case LINK_TYPE.raw:
    case LINK_TYPE.ipv4:
    case LINK_TYPE.ipv6:
      packet.networkAt = start;
      return end === start ? ETHER_TYPE.none : readIpVersion(bytes, start);
  }
}

/** Address family of a BSD loopback header: a small number, in the byte order of whoever captured. */
function readAddressFamily(bytes: Uint8Array, at: number): number {
  return readUint16(bytes, at) === 0 ? readUint16(bytes, at + 2) : readUint8(bytes, at);
}

function toEtherType(addressFamily: number): number {
  if (addressFamily === AF_INET) return ETHER_TYPE.ipv4;
  return AF_INET6.has(addressFamily) ? ETHER_TYPE.ipv6 : ETHER_TYPE.none;
}

function readIpVersion(bytes: Uint8Array, at: number): number {
  const version = readUint8(bytes, at) >> 4;
  if (version === 4) return ETHER_TYPE.ipv4;
  return version === 6 ? ETHER_TYPE.ipv6 : ETHER_TYPE.none;
}
