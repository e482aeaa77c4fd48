/** The report interval that is not over yet: what is reported before its end belongs to it. */
export class OpenInterval {
  readonly #intervalNs: number;
  #lastEndNs = 0;

  constructor(intervalMs: number) {
    this.#intervalNs = intervalMs * 1e6;
  }

  /** Notes the end of a reported interval (ns since the epoch): the next begins there. */
  close(endNs: number): void {
    this.#lastEndNs = endNs;
  }

  /**
   * Start and end of the interval in which something was seen up to a time. It begins at the last report's end, also
   * when its own end has just passed and its report is about to come; without a report, and after a gap or a step of
   * the clock, at the wall clock's multiple of the interval. A time on a border ends the interval before it.
   */
  at(timeNs: number): { startNs: number; endNs: number } {
    const share = (timeNs - this.#lastEndNs) / this.#intervalNs;
    const isNext = share >= -0.5 && share < 1.5;
    const startNs = isNext ? this.#lastEndNs : (Math.ceil(timeNs / this.#intervalNs) - 1) * this.#intervalNs;
    return { startNs, endNs: startNs + this.#intervalNs };
  }
}
