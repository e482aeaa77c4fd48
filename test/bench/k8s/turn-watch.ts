/** The longest that other work of the event loop had to wait, and the most processor time that one turn took. */
export interface LongestTurn {
  /** On a machine that is busy otherwise, this counts what others did meanwhile. */
  readonly wallMs: number;
  readonly cpuMs: number;
}

const TICK_MS = 1;

/** Watches the turns of the event loop, garbage collection included, from its creation to its stop. */
export class TurnWatch {
  readonly #timer: NodeJS.Timeout;
  #atMs = performance.now();
  #cpuMs = readThreadMs();
  #wallMost = 0;
  #cpuMost = 0;

  constructor() {
    this.#timer = setInterval(() => this.#look(), TICK_MS);
  }

  stop(): LongestTurn {
    clearInterval(this.#timer);
    this.#look();
    return { wallMs: this.#wallMost, cpuMs: this.#cpuMost };
  }

  #look(): void {
    const atMs = performance.now();
    const cpuMs = readThreadMs();
    this.#wallMost = Math.max(this.#wallMost, atMs - this.#atMs - TICK_MS);
    this.#cpuMost = Math.max(this.#cpuMost, cpuMs - this.#cpuMs);
    this.#atMs = atMs;
    this.#cpuMs = cpuMs;
  }
}

function readThreadMs(): number {
  const { user, system } = process.threadCpuUsage();
  return (user + system) / 1_000;
}
