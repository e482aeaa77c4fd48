import type { ChildProcess } from 'node:child_process';
import { setTimeout as delay } from 'node:timers/promises';
import type { DemoSettings } from '../../config/settings.ts';
import type { ConversationTable } from './conversation-table.ts';
import type { DemoCluster, DemoPod } from './demo-cluster.ts';
import type { DemoRun } from './demo-run.ts';
import type { ObserverReport } from './demo-summary.ts';
import { findFreePorts } from './free-ports.ts';
import { PodNetwork } from './pod-network.ts';
import { ProbeProcess } from './probe-process.ts';
import { PODFLOW, startWorkloads } from './workloads.ts';

/** What the kernel still sends for the ended processes is seen by the probes of both ends. */
const SETTLE_MS = 300;

/** The demo on real packets: namespaces as pods, processes in them, a `podflow probe` process for each. */
export class LiveDemo implements DemoRun {
  readonly mode = 'live';
  readonly done = new Promise<void>(() => undefined);
  readonly #network: PodNetwork;
  readonly #probes: readonly ProbeProcess[];
  readonly #workloads: readonly ChildProcess[];

  private constructor(network: PodNetwork, probes: readonly ProbeProcess[], workloads: readonly ChildProcess[]) {
    this.#network = network;
    this.#probes = probes;
    this.#workloads = workloads;
  }

  /** Builds the network, starts the probes first and the pods' own processes after them. */
  static async start(cluster: DemoCluster, settings: DemoSettings, table: ConversationTable): Promise<LiveDemo> {
    const ports = await findFreePorts(cluster.pods.length);
    const network = await PodNetwork.create(cluster);
    const extraArgs = toProbeArguments(settings);
    const probes = [...network.pods].map(
      ([pod, namespace], index) =>
        new ProbeProcess(
          { pod, namespace, nodeName: cluster.nodeName, metricsPort: ports[index] ?? 0, podflow: PODFLOW, extraArgs },
          (record) => table.add(record, Date.now()),
        ),
    );
    await Promise.all(probes.map((probe) => probe.untilReady()));
    const workloads = await startWorkloads(network);
    return new LiveDemo(network, probes, workloads);
  }

  get metricsAddresses(): string[] {
    return this.#probes.map((probe) => `${probe.metricsAddress}  ${nameOf(probe.pod)}`);
  }

  /** Ends the pods' processes, lets the probes flush, takes the namespaces down; tells what the probes said. */
  async stop(): Promise<ObserverReport[]> {
    for (const workload of this.#workloads) workload.kill('SIGKILL');
    await delay(SETTLE_MS);
    await Promise.all(this.#probes.map((probe) => probe.stop()));
    this.#network.close();
    return this.#probes.map((probe) => ({
      pod: nameOf(probe.pod),
      metrics: probe.metricsAddress,
      losses: probe.summary?.['losses'] ?? 'the probe ended without a summary',
    }));
  }
}

function toProbeArguments(settings: DemoSettings): string[] {
  const args = ['--backend', settings.backend];
  if (settings.otlpEndpoint !== undefined) args.push('--otlp-endpoint', settings.otlpEndpoint);
  return args;
}

function nameOf(pod: DemoPod): string {
  return `${pod.metadata.namespace}/${pod.metadata.name}`;
}
