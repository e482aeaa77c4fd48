/** Pods remembered at once; of the longest gone ones beyond, the series go when they are idle for long enough. */
const POD_LIMIT = 65_536;

/** Pods that are gone and whose series stand for a while yet, so that their last values are scraped. */
export class GonePods {
  readonly #delayMs: number;
  /** When each is due, in the order in which they went. */
  readonly #dueMs = new Map<string, number>();

  constructor(delayMs: number) {
    this.#delayMs = delayMs;
  }

  add(podId: string, nowMs: number): void {
    if (this.#dueMs.size >= POD_LIMIT && !this.#dueMs.has(podId)) this.#dropOldest();
    this.#dueMs.delete(podId);
    this.#dueMs.set(podId, nowMs + this.#delayMs);
  }

  /** Whether there is one that is due. */
  isDue(nowMs: number): boolean {
    for (const dueMs of this.#dueMs.values()) return dueMs <= nowMs;
    return false;
  }

  /** Takes out those that are due. */
  takeDue(nowMs: number): ReadonlySet<string> {
    const due = new Set<string>();
    for (const [podId, dueMs] of this.#dueMs) {
      if (dueMs > nowMs) break;
      this.#dueMs.delete(podId);
      due.add(podId);
    }
    return due;
  }

  #dropOldest(): void {
    for (const oldest of this.#dueMs.keys()) {
      this.#dueMs.delete(oldest);
      return;
    }
  }
}
