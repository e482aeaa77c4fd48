import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import type { DemoPod } from './demo-cluster.ts';
import type { PodNetwork } from './pod-network.ts';

/** How this process was started, so that others like it can be: node, its flags, the main file. */
export const PODFLOW = [process.execPath, ...process.execArgv, process.argv[1] ?? ''];

/** Starts the servers, and when they listen the clients. */
export async function startWorkloads(network: PodNetwork, podflow = PODFLOW): Promise<ChildProcess[]> {
  const isClient = (pod: DemoPod): boolean => roleOf(pod) === 'client';
  const pods = [...network.pods.keys()].filter((pod) => roleOf(pod) !== 'idle');
  const servers = pods.filter((pod) => !isClient(pod)).map((pod) => startWorkload(network, pod, podflow));
  await Promise.all(servers.map((server) => untilReady(server)));
  return [...servers, ...pods.filter(isClient).map((pod) => startWorkload(network, pod, podflow))];
}

async function untilReady({ stdout }: ChildProcess): Promise<void> {
  if (stdout !== null) await once(stdout, 'data');
}

function startWorkload(network: PodNetwork, pod: DemoPod, podflow: readonly string[]): ChildProcess {
  const [node = process.execPath, ...rest] = podflow;
  const argv = [...rest, 'demo-pod', ...(pod.spec.containers[0]?.args ?? [])];
  const namespace = network.pods.get(pod) ?? network.node;
  return namespace.spawn(node, argv, { stdio: ['ignore', 'pipe', 'inherit'] });
}

function roleOf(pod: DemoPod): string {
  return pod.spec.containers[0]?.args[0] ?? 'idle';
}
