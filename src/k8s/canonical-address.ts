import { isIPv4, isIPv6 } from 'node:net';
import ipaddr from 'ipaddr.js';
import { toAddressText } from '../lib/address-text.ts';

/** What the API server takes for IPv4 (netutils.ParseIPSloppy): zeros in front are allowed, and mean nothing. */
const SLOPPY_IPV4 = /^0*(\d{1,3})\.0*(\d{1,3})\.0*(\d{1,3})\.0*(\d{1,3})$/;

/**
 * An address in the one form in which addresses are compared, which is that of flow records: dotted quad, or IPv6 after
 * RFC 5952; an IPv4-mapped address is the IPv4 address.
 * @returns undefined for what is no address; a zone (`%eth0`) makes it none
 */
export function toCanonicalAddress(text: string): string | undefined {
  if (isIPv4(text)) return text;
  if (isIPv6(text) && !text.includes('%')) return toCanonicalIpv6(text);
  const quad = SLOPPY_IPV4.exec(text)?.slice(1).join('.');
  return quad !== undefined && isIPv4(quad) ? quad : undefined;
}

function toCanonicalIpv6(text: string): string {
  const address = ipaddr.IPv6.parse(text);
  const short = address.isIPv4MappedAddress() ? address.toIPv4Address() : address;
  return toAddressText(Uint8Array.from(short.toByteArray()));
}
