import { isIPv4, isIPv6 } from 'node:net';
import ipaddr from 'ipaddr.js';

/**
 * Bytes of an address in network order, 4 or 16 of them. An IPv4-mapped address is the IPv4 address, as in flow records.
 * @returns undefined for what is no address; a zone (`%eth0`) makes it none
 */
export function parseAddress(text: string): Uint8Array | undefined {
  if (isIPv4(text)) return Uint8Array.from(text.split('.'), Number);
  if (!isIPv6(text) || text.includes('%')) return undefined;
  const address = ipaddr.IPv6.parse(text);
  return Uint8Array.from((address.isIPv4MappedAddress() ? address.toIPv4Address() : address).toByteArray());
}
