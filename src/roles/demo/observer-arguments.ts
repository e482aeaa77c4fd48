import type { DemoSettings } from '../../config/settings.ts';
import type { NetworkNamespace } from '../../lib/network-namespace.ts';
import type { DemoPod } from './demo-cluster.ts';
import { POD_INTERFACE } from './pod-network.ts';

const COMMON = { interval: '1s', 'cluster-name': 'demo' } as const;

export interface NodeArgumentOptions {
  readonly node: NetworkNamespace;
  readonly nodeName: string;
  readonly listenPort: number;
  readonly settings: DemoSettings;
}

/** `podflow node` for the demo: the probes' records come to it, and go on to the receiver that the demo was given. */
export function toNodeArguments({ node, nodeName, listenPort, settings }: NodeArgumentOptions): string[] {
  const flags: Record<string, string> = {
    ...COMMON,
    output: 'ndjson',
    'node-name': nodeName,
    'listen-host': '127.0.0.1',
    'listen-port': String(listenPort),
    'host-netns': node.path,
  };
  if (settings.otlpEndpoint !== undefined) flags['otlp-endpoint'] = settings.otlpEndpoint;
  return ['node', ...toFlags(flags), ...(settings.observer === 'node' ? ['--capture'] : [])];
}

export interface ProbeArgumentOptions {
  readonly pod: DemoPod;
  readonly namespace: NetworkNamespace;
  readonly nodeName: string;
  /** Port of the node role. */
  readonly nodePort: number;
  readonly backend: DemoSettings['backend'];
}

/** `podflow probe` for one pod: its records go to the node. */
export function toProbeArguments({ pod, namespace, nodeName, nodePort, backend }: ProbeArgumentOptions): string[] {
  const flags: Record<string, string> = {
    ...COMMON,
    netns: namespace.path,
    interface: POD_INTERFACE,
    backend,
    'otlp-endpoint': `http://127.0.0.1:${nodePort}`,
    'node-name': nodeName,
    'pod-name': pod.metadata.name,
    'pod-namespace': pod.metadata.namespace,
    'pod-uid': pod.metadata.uid,
    'pod-ip': pod.status.podIP,
  };
  return ['probe', ...toFlags(flags)];
}

function toFlags(flags: Readonly<Record<string, string>>): string[] {
  return Object.entries(flags).flatMap(([name, value]) => [`--${name}`, value]);
}
