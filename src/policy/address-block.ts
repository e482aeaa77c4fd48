import ipaddr from 'ipaddr.js';

/** Addresses that begin with the same bits. */
export class AddressBlock {
  readonly #network: readonly number[];
  readonly #length: number;

  private constructor(network: readonly number[], length: number) {
    this.#network = network;
    this.#length = length;
  }

  /** Reads `10.0.0.0/8`; undefined for what is no block. */
  static parse(cidr: string): AddressBlock | undefined {
    if (!ipaddr.isValidCIDR(cidr)) return undefined;
    const [address, length] = ipaddr.parseCIDR(cidr);
    return new AddressBlock(address.toByteArray(), length);
  }

  /** @param address bytes in network order, of `parseAddress` */
  has(address: Uint8Array): boolean {
    if (address.length !== this.#network.length) return false;
    for (let at = 0, bits = this.#length; bits > 0; at++, bits -= 8) {
      const mask = bits >= 8 ? 0xff : 0xff & (0xff00 >> bits);
      if (((address[at]! ^ this.#network[at]!) & mask) !== 0) return false;
    }
    return true;
  }
}
