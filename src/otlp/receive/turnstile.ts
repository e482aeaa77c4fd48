interface Waiter {
  readonly admit: (isAdmitted: boolean) => void;
  readonly signal: AbortSignal | undefined;
  readonly onAbort: () => void;
}

/** Lets so many through at a time, and so many wait, first come first served. */
export class Turnstile {
  inside = 0;
  readonly #mostInside: number;
  readonly #mostWaiting: number;
  readonly #waiters: Waiter[] = [];
  #isClosed = false;

  constructor(mostInside: number, mostWaiting: number) {
    this.#mostInside = mostInside;
    this.#mostWaiting = mostWaiting;
  }

  get waiting(): number {
    return this.#waiters.length;
  }

  /** True when it is one's turn, which `leave` ends; false when too many wait, or the signal is aborted before. */
  enter(signal?: AbortSignal): Promise<boolean> {
    if (this.#isClosed || signal?.aborted === true) return Promise.resolve(false);
    if (this.inside < this.#mostInside) {
      this.inside++;
      return Promise.resolve(true);
    }
    if (this.#waiters.length >= this.#mostWaiting) return Promise.resolve(false);
    return new Promise((admit) => {
      const waiter = { admit, signal, onAbort: () => this.#turnAway(waiter) };
      signal?.addEventListener('abort', waiter.onAbort, { once: true });
      this.#waiters.push(waiter);
    });
  }

  leave(): void {
    this.inside--;
    const next = this.#waiters.shift();
    if (next === undefined) return;
    next.signal?.removeEventListener('abort', next.onAbort);
    this.inside++;
    next.admit(true);
  }

  /** Turns away those that wait, and all that come. */
  close(): void {
    this.#isClosed = true;
    for (const waiter of [...this.#waiters]) this.#turnAway(waiter);
  }

  #turnAway(waiter: Waiter): void {
    const at = this.#waiters.indexOf(waiter);
    if (at < 0) return;
    this.#waiters.splice(at, 1);
    waiter.signal?.removeEventListener('abort', waiter.onAbort);
    waiter.admit(false);
  }
}
