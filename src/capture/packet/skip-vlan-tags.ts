import { readUint16 } from './byte-order.ts';
import type { DecodedPacket } from './decoded-packet.ts';
import { ETHER_TYPE } from './ether-type.ts';

const MAX_VLAN_TAGS = 2;
const VLAN_TAG_BYTES = 4;
const VLAN_ID_MASK = 0x0fff;

/**
 * Walks up to two 802.1Q or 802.1ad tags at `packet.networkAt`, which moves behind them; VLAN is the outermost VID that
 * is not 0.
 * @param etherType what stands before the first of them
 * @returns the ether type behind them; that of a tag when there are more, or the frame ends within one
 */
export function skipVlanTags(bytes: Uint8Array, end: number, etherType: number, packet: DecodedPacket): number {
  let type = etherType;
  packet.vlan = 0;
  for (let tags = 0; tags < MAX_VLAN_TAGS; tags++) {
    const at = packet.networkAt;
    if ((type !== ETHER_TYPE.vlan && type !== ETHER_TYPE.serviceVlan) || end - at < VLAN_TAG_BYTES) break;
    if (packet.vlan === 0) packet.vlan = readUint16(bytes, at) & VLAN_ID_MASK;
    packet.networkAt = at + VLAN_TAG_BYTES;
    type = readUint16(bytes, at + 2);
  }
  return type;
}
