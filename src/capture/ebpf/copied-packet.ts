import type { CaptureSink } from '../../model/capture.ts';
import { parseIcmpError } from '../packet/decode-icmp-error.ts';
import { parseDnsMessage } from '../packet/parse-dns-message.ts';

const ETHERNET_BYTES = 14;
const ETHERNET_TYPE_AT = 12;
const VLAN_TAG_BYTES = 4;
const ETH_P_8021Q = 0x8100;
const ETH_P_8021AD = 0x88a8;
const MAX_VLAN_TAGS = 2;

/**
 * Reads a packet that the filter copied, link header first, and hands over what it is: a DNS message or an ICMP error
 * that quotes a flow, or nothing when its headers are cut or wrong. A tag that the kernel has taken out of the frame is
 * lost here, so errors on accelerated VLANs find no flow and are counted as unmatched.
 */
export function handOverCopiedPacket(
  packet: Buffer,
  timeNs: number,
  sink: Pick<CaptureSink, 'icmpError' | 'dnsMessage'>,
): void {
  if (packet.length < ETHERNET_BYTES) return;
  let at = ETHERNET_TYPE_AT;
  let vlan = 0;
  for (let tags = 0; tags < MAX_VLAN_TAGS && isTag(packet, at); tags++) {
    vlan ||= packet.readUInt16BE(at + 2) & 0xfff;
    at += VLAN_TAG_BYTES;
  }
  const ip = packet.subarray(at + 2);
  const version = (ip[0] ?? 0) >> 4;
  if (version !== 4 && version !== 6) return;
  const family = version === 4 ? 'ipv4' : 'ipv6';
  const message = parseDnsMessage(ip, family, timeNs);
  if (message !== undefined) return sink.dnsMessage(message);
  const error = parseIcmpError(ip, family, timeNs, vlan);
  if (error !== undefined) sink.icmpError(error);
}

function isTag(packet: Buffer, at: number): boolean {
  if (at + VLAN_TAG_BYTES + 2 > packet.length) return false;
  const type = packet.readUInt16BE(at);
  return type === ETH_P_8021Q || type === ETH_P_8021AD;
}
