import type { CaptureSink } from '../../model/capture.ts';
import { decodeFrame } from '../packet/decode-frame.ts';
import { DecodedPacket } from '../packet/decoded-packet.ts';
import { handOverReadable } from '../packet/hand-over-readable.ts';
import { LINK_TYPE } from '../packet/link-type.ts';
import type { KernelTunnels } from './kernel-tunnels.ts';

/** Used again for each copy, never kept. */
const packet = new DecodedPacket();

/**
 * Reads a packet that the filter copied, link header first, and hands over what it is: a DNS message or an ICMP error
 * that quotes a flow, or nothing when its headers are cut or wrong. A tag that the kernel has taken out of the frame is
 * lost here, so errors on accelerated VLANs find no flow and are counted as unmatched.
 * @param point at which it was seen
 * @param tunnels those that the programs at any point look into. One that leaves them alone has numbered none at its
 *   point, so that the outer packet is read there
 */
export function handOverCopiedPacket(
  copy: Buffer,
  timeNs: number,
  point: number,
  sink: Pick<CaptureSink, 'icmpError' | 'dnsMessage'>,
  tunnels?: KernelTunnels,
): void {
  const decapsulation = tunnels?.at(point);
  const { length } = copy;
  // Nothing is awaited of fragments: of those only the first is copied, and it stands alone.
  const kind = decodeFrame(copy, 0, length, length, LINK_TYPE.ethernet, packet, undefined, decapsulation);
  if (kind === 'ip') handOverReadable(copy, length, timeNs, packet, point, sink, decapsulation);
}
