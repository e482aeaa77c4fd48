import type { DnsMessage } from '../../model/dns-message.ts';
import { readUint16, readUint8 } from './byte-order.ts';
import { DecodedPacket } from './decoded-packet.ts';
import { decodeIpHeader } from './ip-header.ts';
import { decodeTransportHeader } from './transport-header.ts';

const UDP_LENGTH_AT = 4;
const UDP_HEADER_BYTES = 8;
const DNS_HEADER_BYTES = 12;
/** QR and RCODE (RFC 1035 §4.1.1). */
const IS_RESPONSE = 0x80;
const RESPONSE_CODE = 0x0f;

/** Used again for each message, never kept. */
const packet = new DecodedPacket();

/**
 * Reads the header of a DNS message: UDP with port 53 on either side, whatever its opcode.
 * @param bytes from the IP header; may be cut behind the header of the message
 * @param timeNs nanoseconds since the Unix epoch
 * @param point observation point of the frame
 * @returns undefined for other packets, later fragments, and when the headers are cut or wrong
 */
export function parseDnsMessage(
  bytes: Uint8Array,
  family: 'ipv4' | 'ipv6',
  timeNs: number,
  point = 0,
): DnsMessage | undefined {
  packet.isIpv6 = family === 'ipv6';
  packet.networkAt = 0;
  packet.isDns = false;
  if (!decodeIpHeader(bytes, bytes.length, bytes.length, packet) || packet.fragment === 'later') return undefined;
  if (!decodeTransportHeader(bytes, bytes.length, packet) || !packet.isDns) return undefined;
  const at = packet.transportAt + UDP_HEADER_BYTES;
  const leastEnd = at + DNS_HEADER_BYTES;
  if (leastEnd > bytes.length || leastEnd > packet.payloadEnd) return undefined;
  // What lies behind the datagram within the IP packet is no part of it (RFC 768).
  if (readUint16(bytes, packet.transportAt + UDP_LENGTH_AT) < UDP_HEADER_BYTES + DNS_HEADER_BYTES) return undefined;
  return {
    timeNs,
    point,
    isResponse: (readUint8(bytes, at + 2) & IS_RESPONSE) !== 0,
    responseCode: readUint8(bytes, at + 3) & RESPONSE_CODE,
  };
}
