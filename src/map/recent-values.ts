/** The values met last, at most `limit`, each with the interval in which it was last met. */
export class RecentValues<Value> {
  readonly #limit: number;
  readonly #values: Value[] = [];
  readonly #intervals: number[] = [];
  #latest = 0;
  #newestLost = -Infinity;

  constructor(limit: number) {
    this.#limit = limit;
  }

  /** Notes a value; where there is no room, the one that was not met for the longest time gives way. */
  note(value: Value, interval: number): void {
    if (this.#values[this.#latest] !== value) this.#latest = this.#place(value, interval);
    if (interval > this.#intervals[this.#latest]!) this.#intervals[this.#latest] = interval;
  }

  /** Those met in an interval or later. */
  since(interval: number): Value[] {
    return this.#values.filter((_, at) => this.#intervals[at]! >= interval);
  }

  /** Whether there were more of them than are known. */
  hasLostSince(interval: number): boolean {
    return this.#newestLost >= interval;
  }

  #place(value: Value, interval: number): number {
    const known = this.#values.indexOf(value);
    if (known >= 0) return known;
    let at = this.#values.length;
    if (at >= this.#limit) {
      at = this.#intervals.indexOf(Math.min(...this.#intervals));
      this.#newestLost = Math.max(this.#newestLost, this.#intervals[at]!);
    }
    this.#values[at] = value;
    this.#intervals[at] = interval;
    return at;
  }
}
