import { SEEN } from '../../model/flow-delta.ts';
import { readUint16, readUint8 } from './byte-order.ts';
import type { DecodedPacket } from './decoded-packet.ts';
import { LINK_TYPE, type LinkType } from './link-type.ts';

/** IANA ether types (linux/if_ether.h). */
const ETHER_TYPE = { none: 0, ipv4: 0x0800, vlan: 0x8100, ipv6: 0x86dd, serviceVlan: 0x88a8 } as const;
const MAX_VLAN_TAGS = 2;
const VLAN_ID_MASK = 0x0fff;
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
  packet.vlan = 0;
  packet.isTagged = false;
  packet.seenDirection = 0;
  const etherType = walkVlanTags(bytes, end, readEtherType(bytes, start, end, linkType, packet), packet);
  packet.isIpv6 = etherType === ETHER_TYPE.ipv6;
  return packet.isIpv6 || etherType === ETHER_TYPE.ipv4;
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

function walkVlanTags(bytes: Uint8Array, end: number, etherType: number, packet: DecodedPacket): number {
  let type = etherType;
  for (let tags = 0; tags < MAX_VLAN_TAGS; tags++) {
    const at = packet.networkAt;
    if ((type !== ETHER_TYPE.vlan && type !== ETHER_TYPE.serviceVlan) || end - at < 4) break;
    packet.isTagged = true;
    if (packet.vlan === 0) packet.vlan = readUint16(bytes, at) & VLAN_ID_MASK;
    packet.networkAt = at + 4;
    type = readUint16(bytes, at + 2);
  }
  return type;
}
