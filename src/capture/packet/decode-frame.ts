/**
 * Rules of decoding, shared with the kernel program (`src/capture/ebpf/flow.bpf.c`): both give the same flow deltas for
 * the same frames, and a test compares them. What is counted how is in flow-delta.ts; the rules of TCP are in
 * track-tcp.ts.
 *
 * 1. Link layer. Ether type behind at most two 802.1Q (0x8100) or 802.1ad (0x88a8) tags. The key's VLAN is the
 *    outermost VID that is not 0. What is neither IPv4 (0x0800) nor IPv6 (0x86dd), or ends within these headers, is
 *    `nonIp`. A frame's bytes are its length on the wire, the link header of the capture included.
 * 2. IPv4. `malformed` when the version is not 4, the header length is below 20, or the total length is below the
 *    header length. A total length of 0 stands for the rest of the frame. Options are skipped.
 * 3. IPv6. `malformed` when the version is not 6. A payload length of 0 stands for the rest of the frame. Extension
 *    headers 0, 43, 44, 51, 60, 135, 139 and 140 are walked, at most 8; `malformed` when a ninth follows or one is cut
 *    (8 bytes of each must be there). ESP (50) and no next header (59) end the walk as protocols without ports.
 * 4. Fragments. A fragment offset other than 0 makes a later fragment: there is no transport header to read. It takes
 *    ports, kind and protocol from the first fragment with the same (source, destination, identification, for IPv4 also
 *    protocol) if that was seen among the last 4,096, else its key has kind `fragment`, ports 0 and its own next
 *    header as protocol. An IPv6 fragment header with offset 0 and no more fragments changes nothing.
 * 5. Transport. TCP (6), UDP (17) and SCTP (132) have ports; 16, 8 and 8 bytes of their headers must lie within the IP
 *    packet and the captured bytes, else `malformed`. ICMP (1) and ICMPv6 (58), told by protocol number whatever the IP
 *    version, need 2 bytes: a type with a counterpart gives ports (type, counterpart) as the sender has them, any other
 *    type kind `icmpOneWay` with ports (type, code). Every other protocol has ports 0 and needs no bytes.
 * 6. Sides. Side 0 is the lower address (unsigned, in network order), between equal addresses the lower port; for
 *    `icmpOneWay` the sender.
 * 7. Packets to be read: ICMP errors (decode-icmp-error.ts) and UDP with port 53 on either side (parse-dns-message.ts),
 *    whether or not they found room in the flow map. Later fragments are none.
 *
 * Where tunnels are looked into, enter-tunnel.ts tells which packet of a frame these rules are of.
 */
import { KEY_KIND } from '../../model/flow-delta.ts';
import type { Decapsulation } from './decapsulation.ts';
import type { DecodedPacket } from './decoded-packet.ts';
import { leaveTunnel } from './enter-tunnel.ts';
import { fillFlowKey, fillPoint } from './flow-key.ts';
import type { FragmentTable } from './fragment-table.ts';
import { decodeIpHeader } from './ip-header.ts';
import { decodeLinkHeader } from './link-header.ts';
import type { LinkType } from './link-type.ts';
import { decodeQuotedTransportHeader, decodeTransportHeader } from './transport-header.ts';
import { NO_TUNNEL } from './tunnel-type.ts';

/** `ip`: the packet's key and fields are set. `malformed`: IP whose headers are cut or wrong. */
export type FrameKind = 'ip' | 'nonIp' | 'malformed';

/**
 * Decodes one frame into `packet`.
 * @param bytes holds the captured bytes of the frame from `start` to `end`
 * @param originalBytes length of the whole frame, of which the captured bytes may be the beginning only
 * @param fragments remembers the first ones; without it each stands alone
 * @param decapsulation looks into tunnels; absent where they are left alone
 */
export function decodeFrame(
  bytes: Uint8Array,
  start: number,
  end: number,
  originalBytes: number,
  linkType: LinkType,
  packet: DecodedPacket,
  fragments: FragmentTable | undefined,
  decapsulation?: Decapsulation,
): FrameKind {
  if (!decodeLinkHeader(bytes, start, end, linkType, packet)) return 'nonIp';
  const frameEnd = start + originalBytes;
  packet.tunnelType = NO_TUNNEL;
  packet.point = 0;
  if (decapsulation?.enter(bytes, end, frameEnd, packet) === true) {
    if (decodePacket(bytes, end, frameEnd, packet, fragments) && hasTunnelPoint(bytes, packet, decapsulation))
      return 'ip';
    leaveTunnel(packet);
  }
  return decodePacket(bytes, end, frameEnd, packet, fragments) ? 'ip' : 'malformed';
}

/** Decodes the packet at `packet.networkAt`; false when its headers are cut or wrong. */
function decodePacket(
  bytes: Uint8Array,
  end: number,
  frameEnd: number,
  packet: DecodedPacket,
  fragments: FragmentTable | undefined,
): boolean {
  resetTransport(packet);
  if (!decodeIpHeader(bytes, end, frameEnd, packet)) return false;
  if (packet.fragment === 'later') {
    if (fragments?.recall(bytes, packet) !== true) packet.kind = KEY_KIND.fragment;
  } else {
    if (!decodeTransportHeader(bytes, end, packet)) return false;
    if (packet.fragment === 'first') fragments?.remember(bytes, packet);
  }
  fillFlowKey(bytes, packet);
  return true;
}

function hasTunnelPoint(bytes: Uint8Array, packet: DecodedPacket, decapsulation: Decapsulation): boolean {
  const point = decapsulation.point(bytes, packet);
  if (point === 0) return false;
  fillPoint(packet, point);
  return true;
}

/**
 * Decodes the beginning of an IP packet that an ICMP error quotes; `packet` has networkAt, isIpv6 and VLAN set. Of a
 * later fragment the key is of kind `fragment`: the quote stands alone.
 * @returns false when its headers are cut or wrong
 */
export function decodeQuotedPacket(bytes: Uint8Array, end: number, packet: DecodedPacket): boolean {
  resetTransport(packet);
  if (!decodeIpHeader(bytes, end, end, packet)) return false;
  if (packet.fragment === 'later') packet.kind = KEY_KIND.fragment;
  else if (!decodeQuotedTransportHeader(bytes, end, packet)) return false;
  fillFlowKey(bytes, packet);
  return true;
}

function resetTransport(packet: DecodedPacket): void {
  packet.sourcePort = 0;
  packet.destinationPort = 0;
  packet.kind = KEY_KIND.normal;
  packet.isIcmpError = false;
  packet.isDns = false;
  packet.isTcp = false;
}
