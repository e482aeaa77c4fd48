import { spawnBound } from '../../../src/lib/network-namespace.ts';
import { once } from 'node:events';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import type { ChildProcess } from 'node:child_process';

const PODFLOW = fileURLToPath(new URL('../../../deploy/podflow.sh', import.meta.url));
const READY_MS = 60_000;
const READY_POLL_MS = 50;
const STOP_MS = 15_000;

/** A podflow process as its image runs it, with metrics on a free port. */
export class PodflowProcess {
  readonly #child: ChildProcess;
  #log = '';

  private constructor(child: ChildProcess) {
    this.#child = child;
    child.stderr?.on('data', (chunk: Buffer) => (this.#log += chunk.toString()));
  }

  /** @param readyText what its log says once it observes */
  static async start(args: readonly string[], readyText: string): Promise<PodflowProcess> {
    const flags = ['--metrics-host', '127.0.0.1', '--metrics-port', '0'];
    const child = spawnBound(['sh', PODFLOW, ...args, ...flags], { stdio: ['ignore', 'ignore', 'pipe'] });
    const podflow = new PodflowProcess(child);
    for (const endMs = Date.now() + READY_MS; Date.now() < endMs && !podflow.#hasEnded;) {
      if (podflow.#log.includes(readyText) && podflow.metricsUrl !== '') return podflow;
      await delay(READY_POLL_MS);
    }
    podflow.kill();
    throw new Error(`podflow ${args[0]} did not get ready:\n${podflow.#log.slice(-2_000)}`);
  }

  get pid(): number {
    return this.#child.pid ?? 0;
  }

  /** What it logged so far. */
  get log(): string {
    return this.#log;
  }

  get metricsUrl(): string {
    return /"url":"(http:[^"]+\/metrics)"/.exec(this.#log)?.[1] ?? '';
  }

  async stop(): Promise<void> {
    if (this.#hasEnded) throw new Error(`podflow ended before its time:\n${this.#log.slice(-2_000)}`);
    const ended = once(this.#child, 'exit');
    this.#child.kill('SIGTERM');
    const late = setTimeout(() => this.kill(), STOP_MS);
    await ended;
    clearTimeout(late);
  }

  kill(): void {
    this.#child.kill('SIGKILL');
  }

  get #hasEnded(): boolean {
    return this.#child.exitCode !== null || this.#child.signalCode !== null;
  }
}
