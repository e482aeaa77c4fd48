import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import type { LossSummary } from '../../src/output/loss-summary.ts';
import type { RunSummary } from '../../src/output/run-summary.ts';

const MAIN = fileURLToPath(new URL('../../src/main.ts', import.meta.url));

/** A real `podflow` process of one role. */
export class RoleRun {
  readonly child: ChildProcess;
  stdout = '';
  stderr = '';
  readonly #ended: Promise<unknown>;

  constructor(role: 'probe' | 'node', args: readonly string[], env: Readonly<Record<string, string>> = {}) {
    this.child = spawn(process.execPath, [MAIN, role, ...args], { env: { ...process.env, ...env } });
    this.child.stdout?.on('data', (chunk: Buffer) => (this.stdout += chunk.toString()));
    this.child.stderr?.on('data', (chunk: Buffer) => (this.stderr += chunk.toString()));
    this.#ended = once(this.child, 'close');
  }

  /** Sends a signal and waits for the end; returns the exit status. */
  async stop(signal: 'SIGTERM' | 'SIGKILL' = 'SIGTERM'): Promise<number | null> {
    this.child.kill(signal);
    await this.#ended;
    return this.child.exitCode;
  }

  kill(): void {
    this.child.kill('SIGKILL');
  }

  /** What `--json` printed, the last line of stdout. */
  get summary(): RunSummary & { readonly losses: LossSummary } {
    return JSON.parse(this.stdout.trim().split('\n').at(-1) ?? '') as RunSummary & { readonly losses: LossSummary };
  }
}
