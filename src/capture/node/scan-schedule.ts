/** Least time between the beginnings of two scans, and from a change to the scan that it calls for. */
const SPACING_MS = 1_000;
/** Without any change. */
const FALLBACK_MS = 10_000;

/**
 * When to look through all processes: a second after a link changed, again and ever later while an interface's pod is
 * not known (a pod's first process may come after its interface), and every ten seconds; never twice in a second.
 * Times are in ms of any clock that does not go back.
 */
export class ScanSchedule {
  #begunAtMs = Number.NEGATIVE_INFINITY;
  #fullAtMs = Number.NEGATIVE_INFINITY;
  #dueAtMs = Number.POSITIVE_INFINITY;
  #retryMs = SPACING_MS;
  #isRunning = false;

  noteChange(nowMs: number): void {
    this.#dueAtMs = Math.min(this.#dueAtMs, nowMs + SPACING_MS);
    this.#retryMs = SPACING_MS;
  }

  /** A pod that is observed from within is gone: it is let go as soon as may be. */
  noteLoss(nowMs: number): void {
    this.#dueAtMs = Math.min(this.#dueAtMs, nowMs);
  }

  isDue(nowMs: number): boolean {
    return this.isAllowed(nowMs) && (nowMs >= this.#dueAtMs || nowMs - this.#begunAtMs >= FALLBACK_MS);
  }

  /** Whether a scan may begin, be it due or not. */
  isAllowed(nowMs: number): boolean {
    return !this.#isRunning && nowMs - this.#begunAtMs >= SPACING_MS;
  }

  /** Whether a scan began after `sinceMs`. */
  hasBegunAfter(sinceMs: number): boolean {
    return this.#begunAtMs > sinceMs;
  }

  /** Begins a scan; true when it has to look at everything anew. */
  begin(nowMs: number): boolean {
    this.#isRunning = true;
    this.#begunAtMs = nowMs;
    this.#dueAtMs = Number.POSITIVE_INFINITY;
    const isFull = nowMs - this.#fullAtMs >= FALLBACK_MS;
    if (isFull) this.#fullAtMs = nowMs;
    return isFull;
  }

  /** @param isAllKnown whether the pod of every interface was found */
  end(nowMs: number, isAllKnown: boolean): void {
    this.#isRunning = false;
    if (isAllKnown || this.#retryMs >= FALLBACK_MS) return;
    this.#dueAtMs = Math.min(this.#dueAtMs, nowMs + this.#retryMs);
    this.#retryMs *= 2;
  }
}
