const SIGNALS = { SIGHUP: 1, SIGINT: 2, SIGTERM: 15 } as const;

/**
 * What must be undone when the process ends, however it ends short of SIGKILL: at its normal end, on a signal, after
 * an error that nobody caught. Steps are synchronous, run last first, and one that fails does not stop the others.
 */
export class Teardown {
  readonly #steps = new Set<() => void>();

  constructor() {
    process.once('exit', () => this.#run());
    // Kept for good: a second signal must not cut the steps short.
    for (const [name, number] of Object.entries(SIGNALS)) process.on(name, () => process.exit(128 + number));
  }

  /** Adds a step; the function returned takes it out again, once it has been done otherwise. */
  add(step: () => void): () => void {
    this.#steps.add(step);
    return () => void this.#steps.delete(step);
  }

  #run(): void {
    for (const step of [...this.#steps].toReversed()) {
      try {
        step();
      } catch (error) {
        process.stderr.write(`tearing down: ${String(error)}\n`);
      }
    }
  }
}
