/**
 * Rules of tunnels, shared with the kernel program (`src/capture/ebpf/tunnel.h`). They hold where decapsulation is on.
 *
 * 1. A frame holds a tunnel when its packet is UDP, is no fragment, has no IPv6 extension header, and goes to a port
 *    that stands in the list; and when UDP header, tunnel header and the inner Ethernet header (14 bytes) lie within the
 *    captured bytes and within the packet as its length field has it.
 * 2. VXLAN (RFC 7348 §5): the I flag is set; other reserved bits are not looked at. Geneve (RFC 8926 §3.4): version 0,
 *    no control packet (O flag), protocol type 0x6558 (Ethernet); options are skipped.
 * 3. Behind the inner Ethernet header and up to two VLAN tags of its own stands IPv4 or IPv6. The key's VLAN is that of
 *    the inner tags: those of the outer frame belong to the network that carries it.
 * 4. Such a frame counts to the flow of the inner packet: rules 2 to 7 of decode-frame.ts and those of track-tcp.ts are
 *    of the inner packet. A fragment's first one is looked for in the same network identifier. Its bytes are those of
 *    the whole outer frame, so that each frame counts once, with what the interface counted.
 * 5. What cannot be told so counts by its outer packet, as if decapsulation were off: anything that fails above (inner
 *    ARP, for one), an inner packet that is malformed, and a tunnel for which there is no room (tunnel-key.ts).
 * 6. One tunnel is entered, not a tunnel inside of it.
 * 7. An ICMP error of the outer network is an outer packet: it quotes one that was counted inside, so it meets no flow.
 */
import { IP_PROTOCOL } from '../../model/ip-protocol.ts';
import { readInt32, readUint16, readUint8 } from './byte-order.ts';
import type { DecodedPacket } from './decoded-packet.ts';
import { ETHER_TYPE, isIp } from './ether-type.ts';
import { decodeIpHeader } from './ip-header.ts';
import { skipVlanTags } from './skip-vlan-tags.ts';
import type { TunnelPorts } from './tunnel-ports.ts';
import { NO_TUNNEL, toTunnelNumber } from './tunnel-type.ts';

const IPV6_BYTES = 40;
const UDP_BYTES = 8;
const TUNNEL_HEADER_BYTES = 8;
const ETHERNET_BYTES = 14;
const VXLAN_HAS_ID = 0x08;
const GENEVE_VERSION = 0xc0;
const GENEVE_OPTION_WORDS = 0x3f;
const GENEVE_IS_CONTROL = 0x80;
/** Trans Ether Bridging. */
const GENEVE_ETHERNET = 0x6558;

const VXLAN = toTunnelNumber('vxlan');

/**
 * Moves `packet` from the outer packet at `networkAt` to the one that its tunnel carries: networkAt, isIpv6, VLAN, and
 * what is told of the tunnel.
 * @param end end of the captured bytes
 * @param frameEnd where the whole frame would end
 * @returns false when there is none to be looked into; then only the fields of decodeIpHeader were touched
 */
export function enterTunnel(
  bytes: Uint8Array,
  end: number,
  frameEnd: number,
  packet: DecodedPacket,
  ports: TunnelPorts,
): boolean {
  packet.tunnelType = NO_TUNNEL;
  if (!decodeIpHeader(bytes, end, frameEnd, packet) || !isCarrier(packet)) return false;
  const within = Math.min(end, packet.payloadEnd);
  const headerAt = packet.transportAt + UDP_BYTES;
  if (headerAt + TUNNEL_HEADER_BYTES > within) return false;
  const type = ports.typeAt(readUint16(bytes, packet.transportAt + 2));
  if (type === NO_TUNNEL || !isTunnelHeader(bytes, headerAt, type)) return false;
  const innerAt = headerAt + TUNNEL_HEADER_BYTES + (type === VXLAN ? 0 : countOptionBytes(bytes, headerAt));
  return innerAt + ETHERNET_BYTES <= within && moveInside(bytes, end, innerAt, headerAt, type, packet);
}

/** Undoes `enterTunnel`: what is told of the inner packet cannot be used. */
export function leaveTunnel(packet: DecodedPacket): void {
  packet.networkAt = packet.outerAt;
  packet.isIpv6 = packet.isOuterIpv6;
  packet.vlan = packet.outerVlan;
  packet.tunnelType = NO_TUNNEL;
}

function isCarrier({ protocol, fragment, isIpv6, networkAt, transportAt }: DecodedPacket): boolean {
  if (protocol !== IP_PROTOCOL.udp || fragment !== 'whole') return false;
  return !isIpv6 || transportAt === networkAt + IPV6_BYTES;
}

function isTunnelHeader(bytes: Uint8Array, at: number, type: number): boolean {
  const flags = readUint8(bytes, at);
  if (type === VXLAN) return (flags & VXLAN_HAS_ID) !== 0;
  const isControl = (readUint8(bytes, at + 1) & GENEVE_IS_CONTROL) !== 0;
  return (flags & GENEVE_VERSION) === 0 && !isControl && readUint16(bytes, at + 2) === GENEVE_ETHERNET;
}

function countOptionBytes(bytes: Uint8Array, at: number): number {
  return (readUint8(bytes, at) & GENEVE_OPTION_WORDS) * 4;
}

function moveInside(
  bytes: Uint8Array,
  end: number,
  innerAt: number,
  headerAt: number,
  type: number,
  packet: DecodedPacket,
): boolean {
  packet.outerAt = packet.networkAt;
  packet.isOuterIpv6 = packet.isIpv6;
  packet.outerVlan = packet.vlan;
  packet.tunnelType = type;
  packet.tunnelId = readInt32(bytes, headerAt + 4) >>> 8;
  packet.networkAt = innerAt + ETHERNET_BYTES;
  const etherType = skipVlanTags(bytes, end, readUint16(bytes, innerAt + 12), packet);
  packet.isIpv6 = etherType === ETHER_TYPE.ipv6;
  if (isIp(etherType)) return true;
  leaveTunnel(packet);
  return false;
}
