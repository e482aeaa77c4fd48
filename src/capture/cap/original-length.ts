import { DecodedPacket } from '../packet/decoded-packet.ts';
import { readUint16 } from '../packet/byte-order.ts';
import { decodeLinkHeader } from '../packet/link-header.ts';
import type { LinkType } from '../packet/link-type.ts';
import { SNAPLEN_BYTES } from './cap-session.ts';

const IPV6_HEADER_BYTES = 40;
const packet = new DecodedPacket();

/**
 * Length of a frame on the wire. The package tells the captured length only, so of a frame that may have been cut the
 * IP header tells; above 64 KiB (BIG TCP) that has no length either, and the captured length must do.
 */
export function toOriginalBytes(bytes: Uint8Array, capturedBytes: number, linkType: LinkType): number {
  if (capturedBytes < SNAPLEN_BYTES || !decodeLinkHeader(bytes, 0, capturedBytes, linkType, packet))
    return capturedBytes;
  const { networkAt, isIpv6 } = packet;
  const ipBytes = isIpv6 ? IPV6_HEADER_BYTES + readUint16(bytes, networkAt + 4) : readUint16(bytes, networkAt + 2);
  return Math.max(capturedBytes, networkAt + ipBytes);
}
