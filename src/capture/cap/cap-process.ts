import { fork, type ChildProcess } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { PodflowError } from '../../lib/podflow-error.ts';
import { unavailable } from './cap-library.ts';
import type { CaptureReport, CaptureRequest, CaptureSettings } from './cap-messages.ts';

/** A process that has not answered by then is ended. */
const ANSWER_MS = 5000;
const SAID_CHARACTERS = 500;
/** Beside this file, in the sources as in a bundle. */
const ENTRY = new URL(import.meta.url.endsWith('.ts') ? './cap-child.ts' : './cap-child.js', import.meta.url);

export interface CapProcessEvents {
  /** Right before the capture begins. */
  onLoaded(): void;
  /** What it hands over, in order; `drain` resolves after its last report. */
  onReport(report: CaptureReport): void;
  /** It has ended, whoever ended it. */
  onGone(how: string): void;
}

/**
 * The process that captures, seen from the backend. The package is kept out of podflow's own process because it aborts
 * when the interface goes down (`assert(status == 0)`, github.com/mscdex/cap/issues/82) and holds the event loop for as
 * long as frames are waiting (issues/95).
 */
export class CapProcess {
  readonly #child: ChildProcess;
  readonly #events: CapProcessEvents;
  /** Settles the answer that is waited for: whether it came. */
  #settle: ((hasAnswered: boolean) => void) | undefined;
  #failure: PodflowError | undefined;
  /** The end of what it wrote to stderr. */
  #said = '';
  #isGone = false;

  private constructor(events: CapProcessEvents) {
    this.#events = events;
    this.#child = fork(fileURLToPath(ENTRY), {
      serialization: 'advanced',
      stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
      // Limits of memory are meant for both; how podflow itself was started is not.
      execArgv: process.execArgv.filter((argument) => argument.startsWith('--max-')),
    });
    this.#child.stderr?.setEncoding('utf8').on('data', (text: string) => {
      this.#said = `${this.#said}${text}`.slice(-SAID_CHARACTERS);
    });
    // What cannot be sent to a process that has just ended needs no answer: its end is one.
    this.#child.on('error', () => this.#child.kill('SIGKILL'));
    this.#child.on('close', (code, signal) => this.#onClose(`${signal ?? `status ${code}`} ${this.#said}`.trim()));
  }

  /**
   * Starts a process that captures what `settings` says.
   * @throws PodflowError that it reports, or CAPTURE_BACKEND_UNAVAILABLE when it ends or does not answer
   */
  static async start(settings: CaptureSettings, events: CapProcessEvents): Promise<CapProcess> {
    const started = new CapProcess(events);
    started.#child.on('message', (report: CaptureReport) => started.#onReport(report, settings));
    const isOpen = await started.#answer();
    if (isOpen && started.#failure === undefined) return started;
    started.end();
    throw started.#failure ?? unavailable(`the capture process did not start: ${started.#said.trim()}`);
  }

  get isGone(): boolean {
    return this.#isGone;
  }

  /** Asks how many frames were seen. */
  count(): void {
    this.#send({ kind: 'count' });
  }

  /** Has everything handed over, and nothing more until `resume`. False when the process ended before it could. */
  async drain(): Promise<boolean> {
    this.#send({ kind: 'drain' });
    return this.#answer();
  }

  resume(): void {
    this.#send({ kind: 'resume' });
  }

  /** Ends it at once; nothing is reported after this but its end. */
  end(): void {
    this.#child.removeAllListeners('message');
    this.#child.kill('SIGKILL');
  }

  #send(request: CaptureRequest): void {
    if (this.#child.connected) this.#child.send(request, () => undefined);
  }

  #answer(): Promise<boolean> {
    if (this.#isGone) return Promise.resolve(false);
    const { promise, resolve } = Promise.withResolvers<boolean>();
    const timer = setTimeout(() => this.end(), ANSWER_MS);
    this.#settle = (hasAnswered) => {
      clearTimeout(timer);
      this.#settle = undefined;
      resolve(hasAnswered);
    };
    return promise;
  }

  #onReport(report: CaptureReport, settings: CaptureSettings): void {
    switch (report.kind) {
      case 'loaded':
        this.#events.onLoaded();
        this.#send({ kind: 'open', settings });
        break;
      case 'opened':
        this.#settle?.(true);
        break;
      case 'failed':
        this.#failure = new PodflowError(report.code, report.details);
        this.#settle?.(true);
        break;
      default:
        this.#events.onReport(report);
        if (report.kind === 'drained' && !report.isEarly) this.#settle?.(true);
    }
  }

  #onClose(how: string): void {
    this.#isGone = true;
    this.#settle?.(false);
    this.#events.onGone(how);
  }
}
