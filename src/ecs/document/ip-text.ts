import { isIP } from 'node:net';

/** An address as JSON text, fit for a field of type `ip`; empty where it is no address (or has a zone). */
export function toIpJson(address: string): string {
  return isIP(address) === 0 || address.includes('%') ? '' : `"${address}"`;
}
