import { toAddressText } from '../../lib/address-text.ts';
import { KEY_BYTES } from '../../model/flow-delta.ts';
import type { IcmpError } from '../../model/icmp-error.ts';
import { readInt32, readUint16, readUint8 } from './byte-order.ts';
import { decodeQuotedPacket } from './decode-frame.ts';
import { DecodedPacket } from './decoded-packet.ts';
import { fillPoint } from './flow-key.ts';
import { decodeIpHeader } from './ip-header.ts';
import { decodeTransportHeader } from './transport-header.ts';

/** Type, code, checksum and four bytes that depend on the type, before the quoted packet. */
const ICMP_HEADER_BYTES = 8;
const FRAGMENTATION_NEEDED = { type: 3, code: 4 } as const;
const PACKET_TOO_BIG = 2;

/** Used again for each error, never kept. */
const outer = new DecodedPacket();
const quoted = new DecodedPacket();

/**
 * Reads an ICMP error: IPv4 types 3, 11 and 12, IPv6 types 1 to 4. Redirects and source quenches quote packets that
 * were forwarded all the same, so they are no errors here.
 * @param bytes from the IP header; may be cut behind the quoted ports
 * @param timeNs nanoseconds since the Unix epoch
 * @param vlan VLAN of the frame, which is that of the quoted flow too
 * @param pointOf observation point of the quoted flow, given the side that had sent the quoted packet
 * @returns undefined for other packets and when the quoted headers are cut or wrong
 */
export function parseIcmpError(
  bytes: Uint8Array,
  family: 'ipv4' | 'ipv6',
  timeNs: number,
  vlan = 0,
  pointOf: (quotedSide: 0 | 1) => number = () => 0,
): IcmpError | undefined {
  outer.isIpv6 = quoted.isIpv6 = family === 'ipv6';
  outer.networkAt = 0;
  outer.isIcmpError = false;
  if (!decodeIpHeader(bytes, bytes.length, bytes.length, outer) || outer.fragment === 'later') return undefined;
  if (!decodeTransportHeader(bytes, bytes.length, outer) || !outer.isIcmpError) return undefined;
  quoted.networkAt = outer.transportAt + ICMP_HEADER_BYTES;
  quoted.vlan = vlan;
  if (!decodeQuotedPacket(bytes, Math.min(bytes.length, outer.payloadEnd), quoted)) return undefined;
  fillPoint(quoted, pointOf(quoted.side));
  return {
    timeNs,
    point: quoted.point >>> 0,
    family,
    quotedKey: new Uint8Array(quoted.key.buffer.slice(0, KEY_BYTES[family])),
    quotedSide: quoted.side,
    type: readUint8(bytes, outer.transportAt),
    code: readUint8(bytes, outer.transportAt + 1),
    mtuBytes: readMtu(bytes, outer),
    reporterAddress: toAddressText(family === 'ipv4' ? bytes.slice(12, 16) : bytes.slice(8, 24)),
  };
}

/** Next-hop MTU of RFC 1191 §4 and RFC 4443 §3.2; routers older than the former leave it 0. */
function readMtu(bytes: Uint8Array, packet: DecodedPacket): number | undefined {
  const at = packet.transportAt;
  const type = readUint8(bytes, at);
  let mtu = 0;
  if (packet.isIpv6 && type === PACKET_TOO_BIG) mtu = readInt32(bytes, at + 4) >>> 0;
  else if (
    !packet.isIpv6 &&
    type === FRAGMENTATION_NEEDED.type &&
    readUint8(bytes, at + 1) === FRAGMENTATION_NEEDED.code
  )
    mtu = readUint16(bytes, at + 6);
  return mtu === 0 ? undefined : mtu;
}
