import ipaddr from 'ipaddr.js';
import { toAddressText } from '../lib/address-text.ts';

interface Cidr {
  readonly network: readonly number[];
  readonly length: number;
}

/**
 * Blocks of addresses, each as often as it was added. Looking an address up costs one step for each prefix length that
 * occurs, however many blocks there are: a large cluster has one for every node, all of one length.
 */
export class CidrSet {
  /** Grows with every change of what is in. */
  revision = 0;
  /** Bytes of an address × 1000 + prefix length → networks and how often each was added. */
  readonly #networks = new Map<number, Map<string, number>>();

  /** Adds a block such as `10.244.3.0/24`; false when it is none. */
  add(text: string): boolean {
    const cidr = parseCidr(text);
    if (cidr === undefined) return false;
    const kind = toKind(cidr.network, cidr.length);
    const counts = this.#networks.get(kind) ?? new Map<string, number>();
    this.#networks.set(kind, counts);
    const key = toNetworkKey(cidr.network, cidr.length);
    const count = counts.get(key) ?? 0;
    counts.set(key, count + 1);
    if (count === 0) this.revision++;
    return true;
  }

  /** Takes back one `add` of the same block. */
  remove(text: string): void {
    const cidr = parseCidr(text);
    if (cidr === undefined) return;
    const kind = toKind(cidr.network, cidr.length);
    const counts = this.#networks.get(kind);
    const key = toNetworkKey(cidr.network, cidr.length);
    const count = counts?.get(key) ?? 0;
    if (count > 1) counts?.set(key, count - 1);
    else if (counts?.delete(key) === true) {
      this.revision++;
      if (counts.size === 0) this.#networks.delete(kind);
    }
  }

  /** Whether an address is in one of the blocks; false for what is no address. */
  has(address: string): boolean {
    if (this.#networks.size === 0 || !ipaddr.isValid(address)) return false;
    const bytes = ipaddr.process(address).toByteArray();
    for (const [kind, counts] of this.#networks)
      if (Math.floor(kind / 1000) === bytes.length && counts.has(toNetworkKey(bytes, kind % 1000))) return true;
    return false;
  }
}

/**
 * First address of a block that a host can have, in canonical form: the node's own end of its pods' network, where the
 * network plugin makes a bridge or a gateway of it.
 * @returns undefined for what is no block, or one too small to have a host beside a pod
 */
export function toFirstHost(text: string): string | undefined {
  const cidr = parseCidr(text);
  if (cidr === undefined || cidr.length > 8 * cidr.network.length - 2) return undefined;
  const bytes = Uint8Array.from(toMasked(cidr.network, cidr.length));
  bytes[bytes.length - 1]! |= 1;
  return toAddressText(bytes);
}

function parseCidr(text: string): Cidr | undefined {
  if (!ipaddr.isValidCIDR(text)) return undefined;
  const [address, length] = ipaddr.parseCIDR(text);
  return { network: address.toByteArray(), length };
}

function toKind(bytes: readonly number[], length: number): number {
  return bytes.length * 1000 + length;
}

function toMasked(bytes: readonly number[], length: number): number[] {
  return bytes.map((byte, at) => byte & (0xff00 >> Math.max(0, Math.min(8, length - 8 * at))));
}

function toNetworkKey(bytes: readonly number[], length: number): string {
  return toMasked(bytes, length).join('.');
}
