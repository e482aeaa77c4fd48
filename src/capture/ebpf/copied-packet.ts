import type { IcmpError } from '../../model/icmp-error.ts';
import { parseIcmpError } from '../packet/decode-icmp-error.ts';

const ETHERNET_BYTES = 14;
const ETHERNET_TYPE_AT = 12;
const VLAN_TAG_BYTES = 4;
const ETH_P_8021Q = 0x8100;
const ETH_P_8021AD = 0x88a8;
const MAX_VLAN_TAGS = 2;

/**
 * Reads an ICMP error out of a packet that the filter copied, link header first. A tag that the kernel has taken out of
 * the frame is lost here, so errors on accelerated VLANs find no flow and are counted as unmatched.
 * @returns undefined when the packet is no error that quotes a flow
 */
export function parseCopiedPacket(packet: Buffer, timeNs: number): IcmpError | undefined {
  if (packet.length < ETHERNET_BYTES) return undefined;
  let at = ETHERNET_TYPE_AT;
  let vlan = 0;
  for (let tags = 0; tags < MAX_VLAN_TAGS && isTag(packet, at); tags++) {
    vlan ||= packet.readUInt16BE(at + 2) & 0xfff;
    at += VLAN_TAG_BYTES;
  }
  const ip = packet.subarray(at + 2);
  const version = (ip[0] ?? 0) >> 4;
  if (version !== 4 && version !== 6) return undefined;
  return parseIcmpError(ip, version === 4 ? 'ipv4' : 'ipv6', timeNs, vlan);
}

function isTag(packet: Buffer, at: number): boolean {
  if (at + VLAN_TAG_BYTES + 2 > packet.length) return false;
  const type = packet.readUInt16BE(at);
  return type === ETH_P_8021Q || type === ETH_P_8021AD;
}
