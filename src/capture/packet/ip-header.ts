import { readInt32, readUint16, readUint8 } from './byte-order.ts';
import type { DecodedPacket } from './decoded-packet.ts';

const IPV4_BYTES = 20;
const IPV4_MORE_FRAGMENTS = 0x2000;
const IPV4_OFFSET_MASK = 0x1fff;
const IPV6_BYTES = 40;
const IPV6_FRAGMENT = 44;
const IPV6_AUTHENTICATION = 51;
const IPV6_MORE_FRAGMENTS = 1;
const LEAST_EXTENSION_BYTES = 8;
const MAX_EXTENSION_HEADERS = 8;

/** Hop-by-hop, routing, fragment, authentication, destination options, mobility, HIP, shim6 (IANA, less ESP). */
const IS_EXTENSION_HEADER = toFlags([0, 43, IPV6_FRAGMENT, IPV6_AUTHENTICATION, 60, 135, 139, 140]);

function toFlags(numbers: readonly number[]): Uint8Array {
  const flags = new Uint8Array(256);
  for (const number of numbers) flags[number] = 1;
  return flags;
}

/**
 * Reads the IP header at `packet.networkAt` up to the transport header: protocol, fragment, transportAt, payloadEnd.
 * @param end end of the captured bytes
 * @param frameEnd where the whole frame would end, had it been captured whole
 * @returns false when the header is cut or wrong
 */
export function decodeIpHeader(bytes: Uint8Array, end: number, frameEnd: number, packet: DecodedPacket): boolean {
  return packet.isIpv6 ? decodeIpv6(bytes, end, frameEnd, packet) : decodeIpv4(bytes, end, frameEnd, packet);
}

function decodeIpv4(bytes: Uint8Array, end: number, frameEnd: number, packet: DecodedPacket): boolean {
  const at = packet.networkAt;
  if (end - at < IPV4_BYTES) return false;
  const versionAndLength = readUint8(bytes, at);
  const headerBytes = (versionAndLength & 0x0f) * 4;
  // 0: a segmentation super-frame above 64 KiB (BIG TCP), or one captured before the length was filled in.
  const totalBytes = readUint16(bytes, at + 2) || frameEnd - at;
  if (versionAndLength >> 4 !== 4 || headerBytes < IPV4_BYTES || totalBytes < headerBytes) return false;
  const fragment = readUint16(bytes, at + 6);
  if ((fragment & IPV4_OFFSET_MASK) !== 0) packet.fragment = 'later';
  else packet.fragment = (fragment & IPV4_MORE_FRAGMENTS) !== 0 ? 'first' : 'whole';
  packet.fragmentId = readUint16(bytes, at + 4);
  packet.protocol = readUint8(bytes, at + 9);
  packet.transportAt = at + headerBytes;
  packet.payloadEnd = at + totalBytes;
  return true;
}

function decodeIpv6(bytes: Uint8Array, end: number, frameEnd: number, packet: DecodedPacket): boolean {
  const at = packet.networkAt;
  if (end - at < IPV6_BYTES || readUint8(bytes, at) >> 4 !== 6) return false;
  const payloadBytes = readUint16(bytes, at + 4);
  // 0: a jumbogram (RFC 2675) or BIG TCP.
  packet.payloadEnd = payloadBytes === 0 ? frameEnd : at + IPV6_BYTES + payloadBytes;
  packet.fragment = 'whole';
  packet.protocol = readUint8(bytes, at + 6);
  packet.transportAt = at + IPV6_BYTES;
  return IS_EXTENSION_HEADER[packet.protocol] === 0 || walkExtensionHeaders(bytes, end, packet);
}

/** RFC 8200 §4: each header names the next; behind the fragment header of a later fragment there is none. */
function walkExtensionHeaders(bytes: Uint8Array, end: number, packet: DecodedPacket): boolean {
  for (let headers = 0; headers < MAX_EXTENSION_HEADERS; headers++) {
    const at = packet.transportAt;
    if (end - at < LEAST_EXTENSION_BYTES) return false;
    const header = packet.protocol;
    packet.protocol = readUint8(bytes, at);
    if (header === IPV6_FRAGMENT) decodeFragmentHeader(bytes, packet);
    else if (header === IPV6_AUTHENTICATION) packet.transportAt = at + (readUint8(bytes, at + 1) + 2) * 4;
    else packet.transportAt = at + (readUint8(bytes, at + 1) + 1) * 8;
    if (packet.fragment === 'later' || IS_EXTENSION_HEADER[packet.protocol] === 0) return true;
  }
  return false;
}

function decodeFragmentHeader(bytes: Uint8Array, packet: DecodedPacket): void {
  const at = packet.transportAt;
  const fragment = readUint16(bytes, at + 2);
  if (fragment >> 3 !== 0) packet.fragment = 'later';
  else packet.fragment = (fragment & IPV6_MORE_FRAGMENTS) !== 0 ? 'first' : 'whole';
  packet.fragmentId = readInt32(bytes, at + 4);
  packet.transportAt = at + 8;
}
