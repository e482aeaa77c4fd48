/** The time at which each key was noted last; of more than `limit` keys those noted longest ago are forgotten. */
export class RecentTimes {
  readonly #limit: number;
  readonly #times = new Map<string, number>();
  /** Goes on where it was: an iteration from the start would pass by all that was deleted. */
  #oldest = this.#times.keys();

  constructor(limit: number) {
    this.#limit = limit;
  }

  note(key: string, timeMs: number): void {
    if (!this.#times.delete(key) && this.#times.size >= this.#limit) this.#forgetOldest();
    this.#times.set(key, timeMs);
  }

  /** Whether a key was noted at most so far from a time, before or after it. */
  isNear(key: string, timeMs: number, withinMs: number): boolean {
    const notedMs = this.#times.get(key);
    return notedMs !== undefined && Math.abs(timeMs - notedMs) <= withinMs;
  }

  #forgetOldest(): void {
    let next = this.#oldest.next();
    if (next.done === true) next = (this.#oldest = this.#times.keys()).next();
    if (next.done !== true) this.#times.delete(next.value);
  }
}
