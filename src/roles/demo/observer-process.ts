import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { setTimeout as delay } from 'node:timers/promises';
import { spawnBound } from '../../lib/network-namespace.ts';
import type { NetworkNamespace } from '../../lib/network-namespace.ts';
import { PodflowError } from '../../lib/podflow-error.ts';
import type { Conversed } from './conversation-table.ts';
import type { DemoPod } from './demo-cluster.ts';
import { parseFlowLine, parseObject } from './flow-line.ts';
import { POD_INTERFACE } from './pod-network.ts';

const STOP_MS = 8000;
const READY_MS = 30_000;
const READY_POLL_MS = 50;

export interface ProbeProcessOptions {
  readonly pod: DemoPod;
  readonly namespace: NetworkNamespace;
  readonly nodeName: string;
  readonly metricsPort: number;
  /** The command that runs podflow: node, its flags, the main file. */
  readonly podflow: readonly string[];
  readonly extraArgs: readonly string[];
}

/** A real `podflow probe` process that observes one pod and tells its records as NDJSON, its summary at the end. */
export class ProbeProcess {
  readonly pod: DemoPod;
  readonly metricsAddress: string;
  readonly #child: ChildProcess;
  #summary: Record<string, unknown> | undefined;

  constructor(options: ProbeProcessOptions, onRecord: (record: Conversed) => void) {
    this.pod = options.pod;
    this.metricsAddress = `http://127.0.0.1:${options.metricsPort}/metrics`;
    const argv = [...options.podflow, 'probe', ...toArguments(options)];
    this.#child = spawnBound(argv, { stdio: ['ignore', 'pipe', 'inherit'] });
    const { stdout } = this.#child;
    if (stdout === null) return;
    createInterface({ input: stdout }).on('line', (line) => {
      const record = parseFlowLine(line);
      if (record === undefined) this.#summary = parseObject(line) ?? this.#summary;
      else onRecord(record);
    });
  }

  /** The one JSON summary that the probe printed last; undefined when it ended without. */
  get summary(): Record<string, unknown> | undefined {
    return this.#summary;
  }

  get hasEnded(): boolean {
    return this.#child.exitCode !== null || this.#child.signalCode !== null;
  }

  /** Waits until the probe observes its pod, so that no packet of the demo goes unseen. */
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
    throw new PodflowError('DEMO_NETWORK_FAILED', {
      reason: `the probe of ${this.pod.metadata.name} did not get ready`,
    });
  }

  /** Lets the probe flush and waits for its end. */
  async stop(): Promise<void> {
    if (this.hasEnded) return;
    const closed = once(this.#child, 'close');
    this.#child.kill('SIGTERM');
    const late = setTimeout(() => this.#child.kill('SIGKILL'), STOP_MS);
    await closed;
    clearTimeout(late);
  }
}

function toArguments({ pod, namespace, nodeName, metricsPort, extraArgs }: ProbeProcessOptions): string[] {
  const flags: Record<string, string> = {
    netns: namespace.path,
    interface: POD_INTERFACE,
    interval: '1s',
    output: 'ndjson',
    'metrics-host': '127.0.0.1',
    'metrics-port': String(metricsPort),
    'log-level': 'warn',
    'cluster-name': 'demo',
    'node-name': nodeName,
    'pod-name': pod.metadata.name,
    'pod-namespace': pod.metadata.namespace,
    'pod-uid': pod.metadata.uid,
    'pod-ip': pod.status.podIP,
  };
  return [...Object.entries(flags).flatMap(([name, value]) => [`--${name}`, value]), '--json', ...extraArgs];
}
