import { isIP } from 'node:net';
import ipaddr from 'ipaddr.js';

/**
 * The address as a database knows it, IPv4-mapped ones as IPv4; undefined for what no database tells of: private,
 * shared, local, multicast and other special addresses (IANA special-purpose registries), and texts that are none.
 */
export function toPublicAddress(address: string): string | undefined {
  if (isIP(address) === 0) return undefined;
  const parsed = ipaddr.process(address);
  return parsed.range() === 'unicast' ? parsed.toString() : undefined;
}
