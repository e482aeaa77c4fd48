import { KEY_KIND, TCP_FLAG } from '../../model/flow-delta.ts';
import { resolveIcmpCounterpart } from '../../model/icmp-counterpart.ts';
import { IP_PROTOCOL } from '../../model/ip-protocol.ts';
import { readInt32, readUint16, readUint8 } from './byte-order.ts';
import type { DecodedPacket } from './decoded-packet.ts';

/** Bytes of a transport header that must be there; protocols that are not listed have no ports and need none. */
const LEAST_BYTES = toBytesByProtocol({ tcp: 16, udp: 8, sctp: 8, icmp: 2, icmp6: 2 });
/** An ICMP error may quote no more than 8 bytes (RFC 792); the ports are within 4. */
const LEAST_QUOTED_BYTES = toBytesByProtocol({ tcp: 4, udp: 4, sctp: 4, icmp: 2, icmp6: 2 });

/** IANA service name `domain`. */
const DNS_PORT = 53;

/** Counterpart of each ICMP type, -1 for one-way messages. */
const COUNTERPART4 = toCounterparts('ipv4');
const COUNTERPART6 = toCounterparts('ipv6');

function toBytesByProtocol(bytes: Record<keyof typeof IP_PROTOCOL, number>): Uint8Array {
  const table = new Uint8Array(256);
  for (const [name, protocol] of Object.entries(IP_PROTOCOL)) table[protocol] = bytes[name as keyof typeof IP_PROTOCOL];
  return table;
}

function toCounterparts(family: 'ipv4' | 'ipv6'): Int16Array {
  return Int16Array.from({ length: 256 }, (_, type) => resolveIcmpCounterpart(family, type) ?? -1);
}

/**
 * Reads ports, ICMP type and TCP fields at `packet.transportAt`.
 * @param end end of the captured bytes
 * @returns false when the header is cut, or longer than the IP packet
 */
export function decodeTransportHeader(bytes: Uint8Array, end: number, packet: DecodedPacket): boolean {
  const leastBytes = LEAST_BYTES[packet.protocol] as number;
  const leastEnd = packet.transportAt + leastBytes;
  if (leastEnd > packet.payloadEnd || (leastBytes > 0 && leastEnd > end)) return false;
  readPorts(bytes, packet);
  if (packet.protocol === IP_PROTOCOL.tcp) readTcp(bytes, packet);
  return true;
}

/** The same for a packet that an ICMP error quotes: less may be there, and its length field is not to be trusted. */
export function decodeQuotedTransportHeader(bytes: Uint8Array, end: number, packet: DecodedPacket): boolean {
  if (packet.transportAt + (LEAST_QUOTED_BYTES[packet.protocol] as number) > end) return false;
  readPorts(bytes, packet);
  return true;
}

function readPorts(bytes: Uint8Array, packet: DecodedPacket): void {
  const at = packet.transportAt;
  switch (packet.protocol) {
    case IP_PROTOCOL.tcp:
    case IP_PROTOCOL.udp:
    case IP_PROTOCOL.sctp:
      packet.sourcePort = readUint16(bytes, at);
      packet.destinationPort = readUint16(bytes, at + 2);
      packet.isDns = isDns(packet);
      break;
    case IP_PROTOCOL.icmp:
    case IP_PROTOCOL.icmp6:
      readIcmp(bytes, packet);
      break;
  }
}

function isDns({ protocol, sourcePort, destinationPort }: DecodedPacket): boolean {
  return protocol === IP_PROTOCOL.udp && (sourcePort === DNS_PORT || destinationPort === DNS_PORT);
}

/** RFC 792: destination unreachable, time exceeded, parameter problem. RFC 4443: types 1 to 4. */
function isError(type: number, packet: DecodedPacket): boolean {
  if (packet.isIpv6) return packet.protocol === IP_PROTOCOL.icmp6 && type >= 1 && type <= 4;
  return packet.protocol === IP_PROTOCOL.icmp && (type === 3 || type === 11 || type === 12);
}

function readIcmp(bytes: Uint8Array, packet: DecodedPacket): void {
  const type = readUint8(bytes, packet.transportAt);
  const counterparts = packet.protocol === IP_PROTOCOL.icmp ? COUNTERPART4 : COUNTERPART6;
  const counterpart = counterparts[type] as number;
  packet.sourcePort = type;
  if (counterpart >= 0) {
    packet.destinationPort = counterpart;
    return;
  }
  packet.destinationPort = readUint8(bytes, packet.transportAt + 1);
  packet.kind = KEY_KIND.icmpOneWay;
  packet.isIcmpError = isError(type, packet);
}

/** RFC 9293 §3.1. */
function readTcp(bytes: Uint8Array, packet: DecodedPacket): void {
  const at = packet.transportAt;
  const flags = readUint8(bytes, at + 13);
  const payloadAt = at + (readUint8(bytes, at + 12) >> 4) * 4;
  let segmentBytes = packet.payloadEnd > payloadAt ? packet.payloadEnd - payloadAt : 0;
  if ((flags & TCP_FLAG.syn) !== 0) segmentBytes++;
  if ((flags & TCP_FLAG.fin) !== 0) segmentBytes++;
  packet.isTcp = true;
  packet.tcpFlags = flags;
  packet.window = readUint16(bytes, at + 14);
  packet.sequence = readInt32(bytes, at + 4);
  packet.acknowledgement = readInt32(bytes, at + 8);
  packet.segmentBytes = segmentBytes;
}
