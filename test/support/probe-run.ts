import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import type { LossSummary } from '../../src/output/loss-summary.ts';
import type { RunSummary } from '../../src/output/run-summary.ts';
import { waitFor } from './wait-for.ts';

const MAIN = fileURLToPath(new URL('../../src/main.ts', import.meta.url));

/** A real `podflow probe` process. */
export class ProbeRun {
  readonly child: ChildProcess;
  stdout = '';
  stderr = '';
  readonly #ended: Promise<unknown>;

  constructor(args: readonly string[], env: Readonly<Record<string, string>> = {}) {
    this.child = spawn(process.execPath, [MAIN, 'probe', ...args], { env: { ...process.env, ...env } });
    this.child.stdout?.on('data', (chunk: Buffer) => (this.stdout += chunk.toString()));
    this.child.stderr?.on('data', (chunk: Buffer) => (this.stderr += chunk.toString()));
    this.#ended = once(this.child, 'close');
  }

  async untilCapturing(): Promise<void> {
    const isCapturing = (): boolean => this.stderr.includes('"capturing"') || this.child.exitCode !== null;
    await waitFor('the probe to capture', isCapturing, 15_000);
  }

  /** Base URL of its own HTTP server, from the log. */
  get metricsUrl(): string {
    return /"url":"([^"]+\/metrics)"/.exec(this.stderr)?.[1] ?? '';
  }

  /** Sends SIGTERM and waits for the end; returns the exit status. */
  async stop(): Promise<number | null> {
    this.child.kill('SIGTERM');
    await this.#ended;
    return this.child.exitCode;
  }

  kill(): void {
    this.child.kill('SIGKILL');
  }

  /** What `--json` printed, the last line of stdout. */
  get summary(): RunSummary & { readonly losses: LossSummary } {
    return JSON.parse(this.stdout.trim().split('\n').at(-1) ?? '') as RunSummary;
  }
}
