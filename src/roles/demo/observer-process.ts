import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { setTimeout as delay } from 'node:timers/promises';
import { spawnBound } from '../../lib/network-namespace.ts';
import { PodflowError } from '../../lib/podflow-error.ts';

const STOP_MS = 8000;
const READY_MS = 30_000;
const READY_POLL_MS = 50;

export interface ObserverProcessOptions {
  /** What it looks at, as the demo tells it: a pod's name, or the node's. */
  readonly observer: string;
  readonly metricsPort: number;
  /** The command that runs podflow: node, its flags, the main file. */
  readonly podflow: readonly string[];
  /** The role and its flags, beside those of /metrics and the summary. */
  readonly args: readonly string[];
}

/** A real podflow process that observes for the demo; it says a summary at its end. */
export class ObserverProcess {
  readonly observer: string;
  readonly metricsAddress: string;
  readonly #child: ChildProcess;
  #summary: Record<string, unknown> | undefined;

  constructor({ observer, metricsPort, podflow, args }: ObserverProcessOptions) {
    this.observer = observer;
    this.metricsAddress = `http://127.0.0.1:${metricsPort}/metrics`;
    const metrics = ['--metrics-host', '127.0.0.1', '--metrics-port', String(metricsPort)];
    const argv = [...podflow, ...args, ...metrics, '--log-level', 'warn', '--json'];
    // A group of its own: Ctrl-C reaches the demo alone, which ends the probes before the node that takes their records.
    this.#child = spawnBound(argv, { stdio: ['ignore', 'pipe', 'inherit'], detached: true });
    const { stdout } = this.#child;
    if (stdout === null) return;
    createInterface({ input: stdout }).on('line', (line) => (this.#summary = parseObject(line)));
  }

  /** The one JSON summary that it printed last; undefined when it ended without. */
  get summary(): Record<string, unknown> | undefined {
    return this.#summary;
  }

  get hasEnded(): boolean {
    return this.#child.exitCode !== null || this.#child.signalCode !== null;
  }

  /** Waits until it observes, so that no packet of the demo goes unseen. */
  async untilReady(): Promise<void> {
    const ready = new URL('/readyz', this.metricsAddress);
    for (const endMs = performance.now() + READY_MS; performance.now() < endMs && !this.hasEnded;) {
      const isReady = await fetch(ready).then(
        (answer) => answer.ok,
        () => false,
      );
      if (isReady) return;
      await delay(READY_POLL_MS);
    }
    throw new PodflowError('DEMO_NETWORK_FAILED', { reason: `the observer of ${this.observer} did not get ready` });
  }

  /** Lets it flush and waits for its end. */
  async stop(): Promise<void> {
    if (this.hasEnded) return;
    const closed = once(this.#child, 'close');
    this.#child.kill('SIGTERM');
    const late = setTimeout(() => this.#child.kill('SIGKILL'), STOP_MS);
    await closed;
    clearTimeout(late);
  }
}

/** The JSON object on a line, undefined when there is none. */
function parseObject(line: string): Record<string, unknown> | undefined {
  try {
    return JSON.parse(line) as Record<string, unknown>;
  } catch {
    return undefined;
  }
}
