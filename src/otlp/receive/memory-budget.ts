/** Memory that all running requests may hold together. */
export class MemoryBudget {
  /** Bytes held now. */
  heldBytes = 0;
  leases = 0;
  readonly #mostBytes: number;

  constructor(mostBytes: number) {
    this.#mostBytes = mostBytes;
  }

  open(): MemoryLease {
    this.leases++;
    return new MemoryLease(this);
  }

  /** A request that is alone gets what it asks for: refused, it would be sent again for ever. */
  take(byteCount: number): boolean {
    if (this.heldBytes + byteCount > this.#mostBytes && this.leases > 1) return false;
    this.heldBytes += byteCount;
    return true;
  }
}

/** What one request holds of the budget. */
export class MemoryLease {
  readonly #budget: MemoryBudget;
  #heldBytes = 0;

  constructor(budget: MemoryBudget) {
    this.#budget = budget;
  }

  /** Asks for so many more bytes; false when there is no room for them now. */
  grow(byteCount: number): boolean {
    if (!this.#budget.take(byteCount)) return false;
    this.#heldBytes += byteCount;
    return true;
  }

  shrink(byteCount: number): void {
    this.#heldBytes -= byteCount;
    this.#budget.heldBytes -= byteCount;
  }

  /** Gives everything back; the lease has ended. */
  end(): void {
    this.shrink(this.#heldBytes);
    this.#budget.leases--;
  }
}
