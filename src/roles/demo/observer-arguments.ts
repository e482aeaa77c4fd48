import type { DemoSettings } from '../../config/settings.ts';
import type { NetworkNamespace } from '../../lib/network-namespace.ts';
import type { DemoPod } from './demo-cluster.ts';
import { POD_INTERFACE } from './pod-network.ts';

const CLUSTER_NAME = 'demo';

export interface NodeArgumentOptions {
  readonly node: NetworkNamespace;
  readonly nodeName: string;
  readonly listenPort: number;
  /** Base address of the OTLP receiver that records go on to. */
  readonly receiver: string;
  readonly settings: DemoSettings;
}

/** `podflow node` for the demo: the probes' records come to it, and go on to the demo's enrichment service. */
export function toNodeArguments({ node, nodeName, listenPort, receiver, settings }: NodeArgumentOptions): string[] {
  const flags: Record<string, string> = {
    ...toCommon(settings),
    'otlp-endpoint': receiver,
    'node-name': nodeName,
    'listen-host': '127.0.0.1',
    'listen-port': String(listenPort),
    'host-netns': node.path,
  };
  return ['node', ...toFlags(flags), ...(settings.observer === 'node' ? ['--capture'] : [])];
}

export interface ProbeArgumentOptions {
  readonly pod: DemoPod;
  readonly namespace: NetworkNamespace;
  readonly nodeName: string;
  /** Port of the node role. */
  readonly nodePort: number;
  readonly settings: DemoSettings;
}

/** `podflow probe` for one pod: its records go to the node. */
export function toProbeArguments({ pod, namespace, nodeName, nodePort, settings }: ProbeArgumentOptions): string[] {
  const flags: Record<string, string> = {
    ...toCommon(settings),
    netns: namespace.path,
    interface: POD_INTERFACE,
    backend: settings.backend,
    'otlp-endpoint': `http://127.0.0.1:${nodePort}`,
    'node-name': nodeName,
    'pod-name': pod.metadata.name,
    'pod-namespace': pod.metadata.namespace,
    'pod-uid': pod.metadata.uid,
    'pod-ip': pod.status.podIP,
  };
  return ['probe', ...toFlags(flags)];
}

function toCommon({ intervalMs, clusterName = CLUSTER_NAME }: DemoSettings): Record<string, string> {
  return { interval: `${intervalMs}ms`, 'cluster-name': clusterName };
}

function toFlags(flags: Readonly<Record<string, string>>): string[] {
  return Object.entries(flags).flatMap(([name, value]) => [`--${name}`, value]);
}
