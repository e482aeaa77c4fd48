import type { IpBlock } from '../model/network-policy.ts';
import { AddressBlock } from './address-block.ts';

/** An `ipBlock`: what is in its block and in none of its exceptions. */
export class IpBlockMatcher {
  readonly facts: IpBlock;
  readonly #block: AddressBlock | undefined;
  readonly #exceptions: readonly AddressBlock[];

  constructor(facts: IpBlock) {
    this.facts = facts;
    this.#block = AddressBlock.parse(facts.cidr);
    this.#exceptions = facts.except.flatMap((text) => AddressBlock.parse(text) ?? []);
  }

  /** @param address bytes in network order */
  has(address: Uint8Array): boolean {
    return this.#block?.has(address) === true && this.exceptionOf(address) === undefined;
  }

  /** The exception that an address is in. */
  exceptionOf(address: Uint8Array): string | undefined {
    const at = this.#exceptions.findIndex((exception) => exception.has(address));
    return at < 0 ? undefined : this.facts.except[at];
  }
}
