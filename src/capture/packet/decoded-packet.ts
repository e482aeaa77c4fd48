import { KEY_KIND } from '../../model/flow-delta.ts';

/** Words of the longest key (IPv6). */
const LONGEST_KEY_WORDS = 11;

/** What part of its IP packet a frame carries. */
export type FragmentPart = 'whole' | 'first' | 'later';

/**
 * What the decoder found in one frame. One object is used for all frames, so that nothing is allocated for each;
 * 32-bit protocol fields are held as signed integers, which stay out of the heap. Offsets count from the start of the
 * byte array that the frame stands in.
 */
export class DecodedPacket {
  /** Observation point of the key, as a signed integer. */
  point = 0;
  isIpv6 = false;
  /** The frame carried an 802.1Q or 802.1ad tag. */
  isTagged = false;
  /** VLAN of the key: the outermost VID that is not 0. */
  vlan = 0;
  /** SEEN.incoming, SEEN.outgoing, or 0 where the link header does not tell. */
  seenDirection = 0;
  /** IP header of the packet that is told of: inside of a tunnel, the inner one. */
  networkAt = 0;
  /** Number of the tunnel's type (tunnel-type.ts), NO_TUNNEL when the packet is in none; what follows is valid when it is in one. */
  tunnelType = 0;
  /** VXLAN or Geneve network identifier. */
  tunnelId = 0;
  /** The outer packet: its IP header, version and VLAN. */
  outerAt = 0;
  isOuterIpv6 = false;
  outerVlan = 0;
  transportAt = 0;
  /** End of the IP packet as its length field has it; may lie beyond the captured bytes. */
  payloadEnd = 0;
  protocol = 0;
  fragment: FragmentPart = 'whole';
  fragmentId = 0;
  sourcePort = 0;
  destinationPort = 0;
  kind: number = KEY_KIND.normal;
  isIcmpError = false;
  /** UDP with port 53 on either side; not of later fragments. */
  isDns = false;
  /** The fields below are of this frame; false for later fragments. */
  isTcp = false;
  tcpFlags = 0;
  /** As it stands in the header, not scaled. */
  window = 0;
  sequence = 0;
  acknowledgement = 0;
  /** Sequence numbers that the segment takes: payload bytes, SYN and FIN one each. */
  segmentBytes = 0;
  /** Side of the key that sent the frame. */
  side: 0 | 1 = 0;
  /** Key of the flow in the layout of flow-delta.ts; the first 5 words for IPv4, 11 for IPv6. */
  readonly key = new Uint32Array(LONGEST_KEY_WORDS);
}
