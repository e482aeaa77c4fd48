import type { ChildProcess } from 'node:child_process';
import { setTimeout as delay } from 'node:timers/promises';
import type { DemoSettings } from '../../config/settings.ts';
import type { DemoCluster, DemoPod } from './demo-cluster.ts';
import type { DemoRun } from './demo-run.ts';
import type { ObserverReport } from './demo-summary.ts';
import { findFreePorts } from './free-ports.ts';
import { toNodeArguments, toProbeArguments } from './observer-arguments.ts';
import { ObserverProcess } from './observer-process.ts';
import { PodNetwork } from './pod-network.ts';
import { PODFLOW, startWorkloads } from './workloads.ts';

/** What the kernel still sends for the ended processes is seen by the probes of both ends. */
const SETTLE_MS = 300;

/**
 * The demo on real packets: namespaces as pods, processes in them, a `podflow probe` process for each, and a
 * `podflow node` process that undoes the Services' NAT and sends on to this process; or the node alone, which then
 * observes all pods by itself.
 */
export class LiveDemo implements DemoRun {
  readonly mode = 'live';
  readonly done = new Promise<void>(() => undefined);
  readonly #network: PodNetwork;
  readonly #node: ObserverProcess;
  readonly #probes: readonly ObserverProcess[];
  readonly #workloads: readonly ChildProcess[];

  private constructor(
    network: PodNetwork,
    node: ObserverProcess,
    probes: readonly ObserverProcess[],
    workloads: readonly ChildProcess[],
  ) {
    this.#network = network;
    this.#node = node;
    this.#probes = probes;
    this.#workloads = workloads;
  }

  /**
   * Builds the network, starts the observers first and the pods' own processes after them.
   * @param receiver base address of the OTLP receiver that the node sends to
   */
  static async start(cluster: DemoCluster, settings: DemoSettings, receiver: string): Promise<LiveDemo> {
    const [nodePort = 0, metricsPort = 0, ...ports] = await findFreePorts(cluster.pods.length + 2);
    const network = await PodNetwork.create(cluster);
    const { nodeName } = cluster;
    const nodeArgs = toNodeArguments({ node: network.node, nodeName, listenPort: nodePort, receiver, settings });
    const node = new ObserverProcess({ observer: `node ${nodeName}`, metricsPort, podflow: PODFLOW, args: nodeArgs });
    const pods = settings.observer === 'node' ? [] : [...network.pods];
    const probes = pods.map(([pod, namespace], index) => {
      const args = toProbeArguments({ pod, namespace, nodeName, nodePort, settings });
      const options = { observer: nameOf(pod), metricsPort: ports[index] ?? 0, podflow: PODFLOW, args };
      return new ObserverProcess(options);
    });
    await Promise.all([node, ...probes].map((observer) => observer.untilReady()));
    const workloads = await startWorkloads(network);
    return new LiveDemo(network, node, probes, workloads);
  }

  get metricsAddresses(): string[] {
    return this.#observers.map(({ metricsAddress, observer }) => `${metricsAddress}  ${observer}`);
  }

  /** Ends the pods' processes, lets the observers flush, takes the namespaces down; tells what the observers said. */
  async stop(): Promise<ObserverReport[]> {
    for (const workload of this.#workloads) workload.kill('SIGKILL');
    await delay(SETTLE_MS);
    await Promise.all(this.#probes.map((probe) => probe.stop()));
    await this.#node.stop();
    this.#network.close();
    return this.#observers.map(({ observer, metricsAddress, summary }) => ({
      observer,
      metrics: metricsAddress,
      losses: summary?.['losses'] ?? 'the observer ended without a summary',
    }));
  }

  get #observers(): ObserverProcess[] {
    return [this.#node, ...this.#probes];
  }
}

function nameOf(pod: DemoPod): string {
  return `${pod.metadata.namespace}/${pod.metadata.name}`;
}
