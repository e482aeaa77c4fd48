import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { createServer, type AddressInfo } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { spawnBound } from '../../../../src/lib/network-namespace.ts';
import { parsePrometheusText, sumOf } from '../../../support/prometheus-text.ts';
import { msUntilBoundary } from '../interval-timing.ts';
import type { NodeNetwork } from '../node-network.ts';
import type { OtlpReceiver } from '../otlp-receiver.ts';
import { startLogged, type Logged } from './start-logged.ts';
import type { Observer, ObserverAccount } from './observer.ts';

const PODFLOW = fileURLToPath(new URL('../../../../deploy/podflow.sh', import.meta.url));
const READY_MS = 10_000;
const READY_POLL_MS = 50;
const STOP_MS = 15_000;

export interface PodflowOptions {
  readonly backend: 'ebpf' | 'cap';
  readonly intervalMs: number;
}

/** `podflow probe` as a pod runs it, sending to the receiver; outside the network it observes, so is its own traffic. */
export class PodflowObserver implements Observer {
  readonly pids: readonly number[];
  readonly intervalMs: number;
  readonly #logged: Logged;
  readonly #metricsUrl: string;
  readonly #receiver: OtlpReceiver;

  private constructor(logged: Logged, intervalMs: number, metricsUrl: string, receiver: OtlpReceiver) {
    this.#logged = logged;
    this.pids = [logged.child.pid ?? 0];
    this.intervalMs = intervalMs;
    this.#metricsUrl = metricsUrl;
    this.#receiver = receiver;
  }

  static async start(network: NodeNetwork, receiver: OtlpReceiver, options: PodflowOptions): Promise<PodflowObserver> {
    const port = await findFreePort();
    const argv = ['sh', PODFLOW, 'probe', ...toFlags(network, receiver, options, port)];
    const logged = startLogged((stdio) => spawnBound(argv, { stdio }));
    const url = `http://127.0.0.1:${port}`;
    const observer = new PodflowObserver(logged, options.intervalMs, `${url}/metrics`, receiver);
    await observer.#untilReady(`${url}/readyz`);
    return observer;
  }

  async drain(): Promise<void> {
    await delay(msUntilBoundary(Date.now(), this.intervalMs));
    await this.#receiver.untilQuiet();
  }

  async finish(): Promise<ObserverAccount> {
    const account = await this.account();
    await this.#stop();
    return account;
  }

  async account(): Promise<ObserverAccount> {
    const families = parsePrometheusText(await (await fetch(this.#metricsUrl)).text());
    const frames = (outcome: string): number => sumOf(families, 'podflow_capture_frames_total', { outcome });
    return {
      frames: frames('attributed') + frames('unattributed') + frames('non_ip'),
      attributedFrames: frames('attributed'),
      missedFrames: frames('missed'),
      records: sumOf(families, 'podflow_otlp_sent_records_total'),
    };
  }

  async #stop(): Promise<void> {
    const { child } = this.#logged;
    if (hasEnded(child)) throw new Error(`podflow probe ended before its time:\n${this.#logged.lastLines()}`);
    const ended = once(child, 'exit');
    child.kill('SIGTERM');
    const late = setTimeout(() => child.kill('SIGKILL'), STOP_MS);
    await ended;
    clearTimeout(late);
  }

  kill(): void {
    this.#logged.child.kill('SIGKILL');
  }

  async #untilReady(url: string): Promise<void> {
    for (const endMs = Date.now() + READY_MS; Date.now() < endMs && !hasEnded(this.#logged.child);) {
      const isReady = await fetch(url).then(
        (answer) => answer.ok,
        () => false,
      );
      if (isReady) return;
      await delay(READY_POLL_MS);
    }
    this.kill();
    throw new Error(`podflow probe did not get ready:\n${this.#logged.lastLines()}`);
  }
}

function toFlags({ observed }: NodeNetwork, receiver: OtlpReceiver, options: PodflowOptions, port: number): string[] {
  const flags: Record<string, string> = {
    netns: observed.namespace.path,
    interface: observed.interfaceName,
    backend: options.backend,
    interval: `${options.intervalMs}ms`,
    'metrics-host': '127.0.0.1',
    'metrics-port': String(port),
    'otlp-endpoint': receiver.endpoint,
    'log-level': 'warn',
  };
  return Object.entries(flags).flatMap(([name, value]) => [`--${name}`, value]);
}

async function findFreePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return port;
}

function hasEnded(child: ChildProcess): boolean {
  return child.exitCode !== null || child.signalCode !== null;
}
