import { KEY_KIND, KEY_POINT } from '../../model/flow-delta.ts';
import { readInt32, readMemoryWord } from './byte-order.ts';
import type { DecodedPacket } from './decoded-packet.ts';

/** Words of a key by family. */
export const KEY_WORDS = { ipv4: 5, ipv6: 11 } as const;

const IPV4_SOURCE_AT = 12;
const IPV4_DESTINATION_AT = 16;
const IPV6_SOURCE_AT = 8;
const IPV6_DESTINATION_AT = 24;
const ADDRESS6_WORDS = 4;
/** Flips the sign bit: signed comparison then orders as unsigned. */
const SIGN = 0x80000000;

/**
 * Writes `packet.key` and `packet.side` from the addresses in the IP header and what was decoded: side 0 is the lower
 * (address, port), for one-way ICMP the sender.
 */
export function fillFlowKey(bytes: Uint8Array, packet: DecodedPacket): void {
  const at = packet.networkAt;
  if (packet.isIpv6) {
    packet.side = chooseSide(compare6(bytes, at + IPV6_SOURCE_AT, at + IPV6_DESTINATION_AT), packet);
    fillKey6(bytes, packet);
  } else {
    const source = readInt32(bytes, at + IPV4_SOURCE_AT) ^ SIGN;
    const destination = readInt32(bytes, at + IPV4_DESTINATION_AT) ^ SIGN;
    packet.side = chooseSide(source === destination ? 0 : source > destination ? 1 : -1, packet);
    fillKey4(bytes, packet);
  }
}

/** @param order sign of source address − destination address */
function chooseSide(order: number, packet: DecodedPacket): 0 | 1 {
  if (packet.kind === KEY_KIND.icmpOneWay) return 0;
  if (order !== 0) return order > 0 ? 1 : 0;
  return packet.sourcePort > packet.destinationPort ? 1 : 0;
}

function compare6(bytes: Uint8Array, a: number, b: number): number {
  for (let i = 0; i < ADDRESS6_WORDS * 4; i += 4) {
    const left = readInt32(bytes, a + i);
    const right = readInt32(bytes, b + i);
    if (left !== right) return (left ^ SIGN) > (right ^ SIGN) ? 1 : -1;
  }
  return 0;
}

function fillKey4(bytes: Uint8Array, packet: DecodedPacket): void {
  const { key, networkAt, side } = packet;
  key[side] = readMemoryWord(bytes, networkAt + IPV4_SOURCE_AT);
  key[side ^ 1] = readMemoryWord(bytes, networkAt + IPV4_DESTINATION_AT);
  fillTail(packet, 2);
}

function fillKey6(bytes: Uint8Array, packet: DecodedPacket): void {
  const { key, networkAt, side } = packet;
  const source = side * ADDRESS6_WORDS;
  const destination = (side ^ 1) * ADDRESS6_WORDS;
  for (let word = 0; word < ADDRESS6_WORDS; word++) {
    key[source + word] = readMemoryWord(bytes, networkAt + IPV6_SOURCE_AT + word * 4);
    key[destination + word] = readMemoryWord(bytes, networkAt + IPV6_DESTINATION_AT + word * 4);
  }
  fillTail(packet, 2 * ADDRESS6_WORDS);
}

/** Ports, protocol, kind, VLAN and point as flow-delta.ts places them, in little-endian words. */
function fillTail(packet: DecodedPacket, word: number): void {
  const { key, side, sourcePort, destinationPort } = packet;
  const port0 = side === 0 ? sourcePort : destinationPort;
  const port1 = side === 0 ? destinationPort : sourcePort;
  key[word] = port0 | (port1 << 16);
  key[word + 1] = packet.protocol | (packet.kind << 8) | (packet.vlan << 16);
  key[word + 2] = packet.point;
}

/** Moves a packet with a key to another observation point. */
export function fillPoint(packet: DecodedPacket, point: number): void {
  packet.point = point;
  packet.key[(packet.isIpv6 ? KEY_POINT.ipv6 : KEY_POINT.ipv4) / 4] = point;
}
