import type { CaptureSink } from '../../model/capture.ts';
import type { Decapsulation } from './decapsulation.ts';
import { parseIcmpError } from './decode-icmp-error.ts';
import type { DecodedPacket } from './decoded-packet.ts';
import { parseDnsMessage } from './parse-dns-message.ts';
import { NO_TUNNEL } from './tunnel-type.ts';

/**
 * Reads what a decoded packet says beyond its headers, if it is of those that do: an ICMP error or a DNS message.
 * @param end end of the captured bytes
 * @param timeNs nanoseconds since the Unix epoch
 * @param point at which the frame was seen
 * @param decapsulation by which the packet was found, where tunnels are looked into
 */
export function handOverReadable(
  bytes: Uint8Array,
  end: number,
  timeNs: number,
  packet: DecodedPacket,
  point: number,
  sink: Pick<CaptureSink, 'icmpError' | 'dnsMessage'>,
  decapsulation: Decapsulation | undefined,
): void {
  const { isIcmpError, isDns, networkAt, vlan } = packet;
  if (!isIcmpError && !isDns) return;
  const tunnel = packet.tunnelType === NO_TUNNEL ? undefined : decapsulation;
  const family = packet.isIpv6 ? 'ipv6' : 'ipv4';
  const readable = bytes.subarray(networkAt, end);
  if (isDns) {
    const message = parseDnsMessage(readable, family, timeNs, tunnel === undefined ? point : packet.point >>> 0);
    if (message !== undefined) sink.dnsMessage(message);
    return;
  }
  const pointOf = (side: 0 | 1): number => tunnel?.quotedPoint(bytes, packet, side) ?? point;
  const error = parseIcmpError(readable, family, timeNs, vlan, pointOf);
  if (error !== undefined) sink.icmpError(error);
}
