import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { createServer, type AddressInfo } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import { spawnBound } from '../../src/lib/network-namespace.ts';

export interface ServerOptions {
  readonly env: Readonly<Record<string, string>>;
  /** Answers 200 when the server is ready. */
  readonly readyUrl: string;
}

const READY_MS = 60_000;
const POLL_MS = 50;
const STOP_MS = 20_000;

/** A server of the tests: a process that ends with this one at the latest. It is in the network that this thread is in. */
export class ServerProcess {
  readonly #child: ChildProcess;
  readonly #ended: Promise<unknown>;
  #log = '';

  private constructor(child: ChildProcess) {
    this.#child = child;
    this.#ended = once(child, 'close');
    for (const stream of [child.stdout, child.stderr]) {
      stream?.on('data', (chunk: Buffer) => (this.#log += chunk.toString()));
    }
  }

  /** Starts a program and waits until it is ready. */
  static async start(argv: readonly string[], { env, readyUrl }: ServerOptions): Promise<ServerProcess> {
    const child = spawnBound(argv, { env: { ...process.env, ...env }, stdio: ['ignore', 'pipe', 'pipe'] });
    const server = new ServerProcess(child);
    for (const endMs = performance.now() + READY_MS; !(await isReady(readyUrl)); await delay(POLL_MS)) {
      if (!server.#hasEnded && performance.now() < endMs) continue;
      await server.kill();
      throw new Error(`${argv[0]} did not become ready:\n${server.log()}`);
    }
    return server;
  }

  get pid(): number {
    return this.#child.pid ?? 0;
  }

  /** What it has said on stdout and stderr. */
  log(): string {
    return this.#log;
  }

  /** Asks it to stop, and waits. Safe twice. */
  async stop(): Promise<void> {
    this.#child.kill('SIGTERM');
    const timer = setTimeout(() => this.#child.kill('SIGKILL'), STOP_MS);
    await this.#ended;
    clearTimeout(timer);
  }

  /** SIGKILL. */
  async kill(): Promise<void> {
    this.#child.kill('SIGKILL');
    await this.#ended;
  }

  get #hasEnded(): boolean {
    return this.#child.exitCode !== null || this.#child.signalCode !== null;
  }
}

/** A TCP port of 127.0.0.1 that is free now. */
export async function findFreePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return port;
}

async function isReady(url: string): Promise<boolean> {
  try {
    const response = await fetch(url, { signal: AbortSignal.timeout(2000) });
    await response.arrayBuffer();
    return response.ok;
  } catch {
    return false;
  }
}
