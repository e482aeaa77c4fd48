import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { spawnBound } from '../../../src/lib/network-namespace.ts';
import { OWN_LOOPBACK } from '../own-loopback.ts';
import { parsePrometheusText, type Family } from '../prometheus-text.ts';
import { waitFor } from '../wait-for.ts';

const MAIN = fileURLToPath(new URL('../../../src/main.ts', import.meta.url));
/** As deploy/podflow.sh runs this role. */
const MEMORY_FLAGS = ['--max-semi-space-size=16', '--no-concurrent-recompilation'];
const MEMORY_ENV = { MALLOC_ARENA_MAX: '1', UV_THREADPOOL_SIZE: '2' };
const START_MS = 30_000;
const STOP_MS = 30_000;
const KIB = 1024;

export type Metrics = Map<string, Family>;

/** A real `podflow enrich` process; it ends with this one at the latest. */
export class EnrichProcess {
  readonly #child: ChildProcess;
  readonly #ended: Promise<unknown>;
  #log = '';

  private constructor(child: ChildProcess) {
    this.#child = child;
    this.#ended = once(child, 'close');
    child.stderr?.on('data', (chunk: Buffer) => (this.#log += chunk.toString()));
  }

  /**
   * Starts it and waits until it listens.
   * @param port of its OTLP receiver: one that comes after another takes its place; 0 for any
   */
  static async start(port: number, flags: readonly string[]): Promise<EnrichProcess> {
    const hosts = ['--listen-host', OWN_LOOPBACK, '--listen-port', String(port), '--metrics-host', OWN_LOOPBACK];
    const argv = [process.execPath, ...MEMORY_FLAGS, MAIN, 'enrich', ...hosts, '--metrics-port', '0'];
    const env = { ...process.env, ...MEMORY_ENV };
    const child = spawnBound([...argv, ...flags], { env, stdio: ['ignore', 'ignore', 'pipe'] });
    const started = new EnrichProcess(child);
    const isUp = (): boolean => started.#hasEnded || (started.url !== '' && started.#metricsUrl !== '');
    await waitFor('podflow enrich to listen', isUp, START_MS);
    if (started.#hasEnded) throw new Error(`podflow enrich ended:\n${started.#log}`);
    return started;
  }

  /** Base URL of its OTLP receiver. */
  get url(): string {
    return this.#read(/"url":"(http:[^"]+)","msg":"receiving flow records"/);
  }

  get port(): number {
    return Number(new URL(this.url).port);
  }

  /** What it logged so far. */
  get log(): string {
    return this.#log;
  }

  async metrics(): Promise<Metrics> {
    return parsePrometheusText(await (await fetch(this.#metricsUrl)).text());
  }

  /** `/readyz` and the like: status and parsed body. */
  async get(path: string): Promise<{ status: number; body: unknown }> {
    const response = await fetch(new URL(path, this.#metricsUrl));
    return { status: response.status, body: await response.json() };
  }

  /** The most memory that was ever resident, bytes. */
  peakResidentBytes(): number {
    const [, kib = '0'] = /^VmHWM:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${this.#child.pid}/status`, 'utf8')) ?? [];
    return Number(kib) * KIB;
  }

  /** Asks it to stop and waits; returns the exit status. */
  async stop(): Promise<number | null> {
    this.#child.kill('SIGTERM');
    const timer = setTimeout(() => this.#child.kill('SIGKILL'), STOP_MS);
    await this.#ended;
    clearTimeout(timer);
    return this.#child.exitCode;
  }

  /** SIGKILL. Safe twice. */
  async kill(): Promise<void> {
    this.#child.kill('SIGKILL');
    await this.#ended;
  }

  get #metricsUrl(): string {
    return this.#read(/"url":"(http:[^"]+\/metrics)"/);
  }

  get #hasEnded(): boolean {
    return this.#child.exitCode !== null || this.#child.signalCode !== null;
  }

  #read(pattern: RegExp): string {
    return pattern.exec(this.#log)?.[1] ?? '';
  }
}
