import { toAddressText } from '../../lib/address-text.ts';
import { TUNNEL_TYPES } from '../../model/flow-record.ts';
import type { Tunnel } from '../../model/observation-point.ts';
import { readMemoryWord } from './byte-order.ts';
import type { DecodedPacket } from './decoded-packet.ts';

/**
 * What the flows of one `point` in a tunnel have in common, `struct tunnel_key` of flow.h: the point at which the outer
 * frames are seen, type << 24 | network identifier, and the outer addresses on the side of the inner flow's side 0 and
 * 1 (network order, IPv4 as ::ffff:a.b.c.d). So both directions of an inner flow have the same key. Each key met gets a
 * number, from 1; with POINT_IS_TUNNEL that is the point of the inner flows' keys.
 */
export const TUNNEL_KEY = { point: 0, typeId: 4, address0: 8, address1: 24 } as const;
export const TUNNEL_KEY_BYTES = 40;

/** Tunnels that are told apart at a time. */
export const MAX_TUNNELS = 16_384;

const TYPE_SHIFT = 24;
const ID_MASK = 0xff_ffff;
const ADDRESS_WORDS = 4;
const ADDRESS_BYTES = 16;
const MAPPED_BYTES = 12;
const IPV4_SOURCE_AT = 12;
const IPV6_SOURCE_AT = 8;
/** ::ffff:0:0/96 as a little-endian word of memory in network order. */
const MAPPED_WORD = 0xffff_0000;

/**
 * Fills the words of a tunnel key from the outer packet that `packet` was found in.
 * @param point at which the outer frame was seen
 * @param senderSide side of the inner flow that is at the outer packet's source
 */
export function fillTunnelKey(
  key: Uint32Array,
  bytes: Uint8Array,
  packet: DecodedPacket,
  point: number,
  senderSide: 0 | 1,
): void {
  const source = TUNNEL_KEY.address0 / 4 + senderSide * ADDRESS_WORDS;
  const destination = TUNNEL_KEY.address0 / 4 + (senderSide ^ 1) * ADDRESS_WORDS;
  key[TUNNEL_KEY.point / 4] = point;
  key[TUNNEL_KEY.typeId / 4] = (packet.tunnelType << TYPE_SHIFT) | packet.tunnelId;
  if (packet.isOuterIpv6) {
    fillAddress6(key, source, bytes, packet.outerAt + IPV6_SOURCE_AT);
    fillAddress6(key, destination, bytes, packet.outerAt + IPV6_SOURCE_AT + ADDRESS_BYTES);
  } else {
    fillAddress4(key, source, bytes, packet.outerAt + IPV4_SOURCE_AT);
    fillAddress4(key, destination, bytes, packet.outerAt + IPV4_SOURCE_AT + 4);
  }
}

/** What a tunnel key tells; its bytes may be a view into memory that is used again. */
export function toTunnel(key: Uint8Array): Tunnel {
  const typeId = Buffer.from(key.buffer, key.byteOffset, key.length).readUInt32LE(TUNNEL_KEY.typeId);
  return {
    type: TUNNEL_TYPES[(typeId >>> TYPE_SHIFT) - 1] ?? 'vxlan',
    id: typeId & ID_MASK,
    address0: toText(key.subarray(TUNNEL_KEY.address0, TUNNEL_KEY.address0 + ADDRESS_BYTES)),
    address1: toText(key.subarray(TUNNEL_KEY.address1, TUNNEL_KEY.address1 + ADDRESS_BYTES)),
  };
}

function fillAddress4(key: Uint32Array, word: number, bytes: Uint8Array, at: number): void {
  key[word] = 0;
  key[word + 1] = 0;
  key[word + 2] = MAPPED_WORD;
  key[word + 3] = readMemoryWord(bytes, at);
}

function fillAddress6(key: Uint32Array, word: number, bytes: Uint8Array, at: number): void {
  for (let i = 0; i < ADDRESS_WORDS; i++) key[word + i] = readMemoryWord(bytes, at + 4 * i);
}

function toText(address: Uint8Array): string {
  const isMapped = address.subarray(0, MAPPED_BYTES).every((byte, i) => byte === (i < MAPPED_BYTES - 2 ? 0 : 0xff));
  return toAddressText(isMapped ? address.subarray(MAPPED_BYTES) : address);
}
