/**
 * Tells how long frames have kept the event loop. The package hands over frames in one turn for as long as there are
 * any: under a flood no timer and no socket would be served.
 */
export class TurnGuard {
  readonly #longestTurnMs: number;
  #startedMs: number | undefined;

  constructor(longestTurnMs: number) {
    this.#longestTurnMs = longestTurnMs;
  }

  /** To be asked with each frame; true when the turn has lasted too long. */
  isOverlong(nowMs: number): boolean {
    if (this.#startedMs !== undefined) return nowMs - this.#startedMs > this.#longestTurnMs;
    this.#startedMs = nowMs;
    // Runs when the package has returned to the event loop.
    setImmediate(() => (this.#startedMs = undefined));
    return false;
  }
}
