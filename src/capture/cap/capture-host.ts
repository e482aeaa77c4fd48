import type { Log } from '../../lib/log.ts';
import type { CaptureReport, CaptureSettings } from './cap-messages.ts';
import { CapProcess } from './cap-process.ts';

/** From the end of one capture process, or of an attempt to start one, to the next attempt. */
const RESTART_MS = 1000;

export interface CaptureHostEvents {
  onReport(report: CaptureReport): void;
  /** The process has ended; what it had not reported is lost. */
  onEnd(): void;
}

/** Keeps one capture process at a time, and starts another when it has ended. */
export class CaptureHost {
  readonly #settings: () => CaptureSettings;
  readonly #events: CaptureHostEvents;
  readonly #log: Log;
  #process: CapProcess | undefined;
  #isStarting = false;
  #isEnded = false;
  #retryAtMs = 0;

  /** @param settings asked for each process anew */
  constructor(settings: () => CaptureSettings, events: CaptureHostEvents, log: Log) {
    this.#settings = settings;
    this.#events = events;
    this.#log = log;
  }

  get isCapturing(): boolean {
    return this.#process !== undefined;
  }

  /**
   * @param onLoaded called right before the capture begins
   * @throws PodflowError as CapProcess.start does
   */
  async start(onLoaded: () => void): Promise<void> {
    this.#isStarting = true;
    try {
      const started = await CapProcess.start(this.#settings(), {
        onLoaded,
        onReport: (report) => this.#events.onReport(report),
        onGone: (how) => this.#onGone(how),
      });
      if (this.#isEnded) started.end();
      else if (!started.isGone) this.#process = started;
    } finally {
      this.#isStarting = false;
    }
  }

  /** Starts a process if there is none; a failure is told, and tried again after a while at the earliest. */
  ensure(): void {
    const isWanted = !this.#isEnded && !this.#isStarting && this.#process === undefined;
    if (!isWanted || performance.now() < this.#retryAtMs) return;
    this.#retryAtMs = performance.now() + RESTART_MS;
    this.start(() => undefined).catch((error: unknown) => {
      this.#log.error({ err: error, interface: this.#settings().interfaceName }, 'the capture cannot be started again');
    });
  }

  /** Asks for a `counted` report. */
  count(): void {
    this.#process?.count();
  }

  /** Has everything reported, and nothing more until `resume`; false when there is no process that could. */
  async drain(): Promise<boolean> {
    return (await this.#process?.drain()) ?? false;
  }

  resume(): void {
    this.#process?.resume();
  }

  /** Ends the process; `ensure` may start another. */
  retire(): void {
    this.#process?.end();
  }

  /** Ends the process for good. */
  end(): void {
    this.#isEnded = true;
    this.retire();
  }

  #onGone(how: string): void {
    if (!this.#isEnded) {
      const fields = { interface: this.#settings().interfaceName, how };
      this.#log.warn(fields, 'the capture process ended; what it had not handed over is counted as missed');
    }
    this.#process = undefined;
    this.#retryAtMs = performance.now() + RESTART_MS;
    this.#events.onEnd();
  }
}
