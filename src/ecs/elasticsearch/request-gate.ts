/** Lets so many requests run side by side, first come first served. */
export class RequestGate {
  readonly #most: number;
  readonly #waiters: ((isAdmitted: boolean) => void)[] = [];
  #inside = 0;

  constructor(most: number) {
    this.#most = most;
  }

  /** True when it is one's turn, which `leave` ends; false when it did not come within `timeoutMs`. */
  enter(timeoutMs: number): Promise<boolean> {
    if (this.#inside < this.#most) {
      this.#inside++;
      return Promise.resolve(true);
    }
    return new Promise((resolve) => {
      const timer = setTimeout(() => {
        this.#waiters.splice(this.#waiters.indexOf(admit), 1);
        resolve(false);
      }, timeoutMs);
      const admit = (isAdmitted: boolean): void => {
        clearTimeout(timer);
        resolve(isAdmitted);
      };
      this.#waiters.push(admit);
    });
  }

  leave(): void {
    const next = this.#waiters.shift();
    if (next === undefined) this.#inside--;
    else next(true);
  }

  /** Turns away those that wait. */
  clear(): void {
    for (const admit of this.#waiters.splice(0)) admit(false);
  }
}
