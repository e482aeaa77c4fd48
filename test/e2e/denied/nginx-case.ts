import type { Cluster } from '../kubernetes/start-cluster.ts';
import { createNodeDaemonSet, createPod, createWebService, type KubernetesObject } from '../kubernetes/workload.ts';

export const NAMESPACE = 'front';
export const CLIENTS = ['accesstrue', 'accessfalse', 'accessfalse-near'] as const;
export type Client = (typeof CLIENTS)[number];

const IN_NAMESPACE = ['--namespace', NAMESPACE];
const API_VERSION = 'networking.k8s.io/v1';

/** The NetworkPolicies of the case; nobody enforces them until `enforcePolicies`. */
export const POLICIES = ['access-nginx', 'default-deny'] as const;

/**
 * Applies the case of the EKS troubleshooting guide and waits until it runs: a namespace that denies by default; nginx on
 * the first node behind a Service, with a policy that lets pods with the label access=true in; a client that has it, and
 * two that have access=false, one on each node. `podflow node --capture` observes all pods of both nodes.
 */
export async function startNginxCase(cluster: Cluster, otlpEndpoint: string, interval: string): Promise<void> {
  const flags = ['--capture', '--interval', interval];
  await cluster.apply(
    { apiVersion: 'v1', kind: 'Namespace', metadata: { name: NAMESPACE } },
    createNodeDaemonSet(flags, { PODFLOW_OTLP_ENDPOINT: otlpEndpoint }),
    ...[
      createNginx(),
      createWebService('nginx'),
      createClient('accesstrue', 'pfn2', 'true'),
      createClient('accessfalse', 'pfn2', 'false'),
      createClient('accessfalse-near', 'pfn1', 'false'),
    ].map(inNamespace),
  );
  await cluster.kubectl(['rollout', 'status', 'daemonset/podflow-node', '--timeout', '90s']);
  await cluster.kubectl(['wait', '--for', 'condition=Ready', 'pod', '--all', '--timeout', '90s', ...IN_NAMESPACE]);
}

/** Applies the policies. */
export async function applyPolicies(cluster: Cluster): Promise<void> {
  const from = [{ podSelector: { matchLabels: { access: 'true' } } }];
  const specs: Readonly<Record<(typeof POLICIES)[number], object>> = {
    'access-nginx': { podSelector: { matchLabels: { app: 'nginx' } }, ingress: [{ from }] },
    'default-deny': { podSelector: {}, policyTypes: ['Ingress'] },
  };
  const policies = POLICIES.map((name) => ({
    ...{ apiVersion: API_VERSION, kind: 'NetworkPolicy' },
    metadata: { name },
    spec: specs[name],
  }));
  await cluster.apply(...policies.map(inNamespace));
}

export interface Attempt {
  /** When it began, Unix epoch. */
  readonly atMs: number;
  readonly localPort: number;
  readonly outcome: string;
}

/** A SYN is sent at once and after 1 s. */
const PATIENCE_MS = 2000;

/** Lets a client dial the Service `count` times, one after the other. */
export async function dialNginx(cluster: Cluster, client: Client, count: number): Promise<readonly Attempt[]> {
  const address = await readJsonPath(cluster, 'service/nginx', '{.spec.clusterIP}');
  const command = ['node', '/app/attempts.mjs', address, '80', String(count), String(PATIENCE_MS)];
  const lines = await cluster.kubectl(['exec', ...IN_NAMESPACE, `pod/${client}`, '-c', 'main', '--', ...command]);
  const told = lines.trim().split('\n');
  return told.map((line) => JSON.parse(line) as Attempt);
}

/** Addresses of the pods that a label selector of the API selects, as the API server selects them. */
export async function readAddresses(cluster: Cluster, selector: string): Promise<string[]> {
  const path = 'jsonpath={range .items[*]}{.status.podIP}{"\\n"}{end}';
  const text = await cluster.kubectl(['get', 'pods', ...IN_NAMESPACE, '-l', selector, '-o', path]);
  return text.split('\n').filter((line) => line !== '');
}

export async function readJsonPath(cluster: Cluster, object: string, path: string): Promise<string> {
  return cluster.kubectl(['get', object, ...IN_NAMESPACE, '-o', `jsonpath=${path}`]);
}

/** Gives a living pod another label. */
export async function setLabel(cluster: Cluster, client: Client, label: string): Promise<void> {
  await cluster.kubectl(['label', 'pod', client, label, '--overwrite', ...IN_NAMESPACE]);
}

function createNginx(): KubernetesObject {
  return createPod('nginx-0', {
    nodeName: 'pfn1',
    labels: { app: 'nginx' },
    command: ['node', '/app/http-server.mjs', '8080'],
  });
}

function createClient(name: Client, nodeName: string, access: string): KubernetesObject {
  return createPod(name, { nodeName, labels: { access } });
}

function inNamespace(object: KubernetesObject): KubernetesObject {
  return { ...object, metadata: { ...(object['metadata'] as object), namespace: NAMESPACE } };
}
