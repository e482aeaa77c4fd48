/** Connections that a side left unanswered before it is taken as unobserved. */
const LONE_LIMIT = 8;
/** Addresses in a generation; two are kept. */
const GENERATION_ADDRESSES = 65_536;

/**
 * Which addresses have an observer, as their own records tell: where the other end has none, waiting for its perspective
 * would only delay. An address is taken as observed until several of its connections in a row waited for nothing, and
 * again as soon as it tells of one itself.
 */
export class ObservedAddresses {
  /** Connections in vain since the last perspective, by address. */
  #young = new Map<string, number>();
  #old = new Map<string, number>();

  isExpected(address: string): boolean {
    return this.#read(address) < LONE_LIMIT;
  }

  /** Its own perspective came. */
  tell(address: string): void {
    if (this.#read(address) > 0) this.#write(address, 0);
  }

  /** A connection went out without its perspective. */
  miss(address: string): void {
    const count = this.#read(address);
    if (count < LONE_LIMIT) this.#write(address, count + 1);
  }

  #read(address: string): number {
    // Where every pod has an observer, nothing was ever missed.
    if (this.#young.size === 0) return 0;
    return this.#young.get(address) ?? this.#old.get(address) ?? 0;
  }

  #write(address: string, count: number): void {
    if (this.#young.size >= GENERATION_ADDRESSES) {
      this.#old = this.#young;
      this.#young = new Map();
    }
    this.#young.set(address, count);
  }
}
