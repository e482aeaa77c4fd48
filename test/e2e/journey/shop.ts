import type { Cluster } from '../kubernetes/start-cluster.ts';
import {
  createNodeDaemonSet,
  createPod,
  createProbeSidecar,
  createWebService,
  type KubernetesObject,
  type PodOptions,
} from '../kubernetes/workload.ts';

export const NAMESPACE = 'shop';
/** What all the backends of the Service `web` have in common. */
const WEB = { app: 'web' };
const SERVE = ['node', '/app/http-server.mjs', '8080'];
const [MIXED_NODE, CAPTURED_NODE] = ['pfn1', 'pfn2'];
const IN_SHOP = ['--namespace', NAMESPACE, '--timeout', '90s'];

/**
 * Applies what the journey is about, and waits until it runs. On the first node two Deployments have probes of their own,
 * and the node role, which takes these probes' records, observes all pods but theirs: both at once would count a pod twice.
 *
 *     Service web ── Deployments till (pfn1, probes), kiosk (pfn1), shelf (pfn2, 2 pods)
 *     Deployment shopper (pfn1, probe) and Pod buyer (pfn2) ask; Pod deaf (pfn1); Service void has no endpoints
 */
export async function startShop(cluster: Cluster, otlpEndpoint: string): Promise<void> {
  const sidecars = [createProbeSidecar([])];
  await cluster.apply(
    { apiVersion: 'v1', kind: 'Namespace', metadata: { name: NAMESPACE } },
    ...[
      createObserver('podflow-node-2', CAPTURED_NODE, [], otlpEndpoint),
      createDeployment('till', 1, { nodeName: MIXED_NODE, labels: WEB, command: SERVE, sidecars }),
      createDeployment('kiosk', 1, { nodeName: MIXED_NODE, labels: WEB, command: SERVE }),
      createDeployment('shelf', 2, { nodeName: CAPTURED_NODE, labels: WEB, command: SERVE }),
      createDeployment('shopper', 1, { nodeName: MIXED_NODE, sidecars }),
      createPod('buyer', { nodeName: CAPTURED_NODE }),
      createPod('deaf', { nodeName: MIXED_NODE, command: SERVE }),
      createWebService('web'),
      createWebService('void'),
    ].map(inNamespace),
  );
  for (const workload of ['daemonset/podflow-node-2', 'deployment/till', 'deployment/kiosk', 'deployment/shelf'])
    await cluster.kubectl(['rollout', 'status', workload, ...IN_SHOP]);
  await cluster.kubectl(['wait', '--for', 'condition=Ready', 'pod', '--all', ...IN_SHOP]);
  const probed = await findInterfaces(cluster, ['till', 'shopper']);
  const flags = ['--capture-exclude', probed.join(',')];
  await cluster.apply(inNamespace(createObserver('podflow-node-1', MIXED_NODE, flags, otlpEndpoint)));
  await cluster.kubectl(['rollout', 'status', 'daemonset/podflow-node-1', ...IN_SHOP]);
}

/** The first node's ends of the links to pods of these Deployments. */
async function findInterfaces(cluster: Cluster, workloads: readonly string[]): Promise<string[]> {
  const pods = [...(await readShopPods(cluster)).values()];
  const addresses = pods.filter(({ workloadName }) => workloads.includes(workloadName)).map(({ address }) => address);
  const readRoute = async (address: string): Promise<readonly { readonly dev: string }[]> =>
    JSON.parse(await cluster.onNode(1, ['ip', '-json', 'route', 'get', address])) as { dev: string }[];
  return (await Promise.all(addresses.map(readRoute))).flat().map(({ dev }) => dev);
}

/** What documents, series and the API should call a pod. */
export interface ShopPod {
  readonly name: string;
  readonly uid: string;
  readonly address: string;
  readonly nodeName: string;
  readonly workloadKind: string;
  readonly workloadName: string;
}

/** All pods of the shop by address, as the API server has them. */
export async function readShopPods(cluster: Cluster): Promise<Map<string, ShopPod>> {
  const text = await cluster.kubectl(['get', 'pods', '--namespace', NAMESPACE, '-o', 'json']);
  const { items } = JSON.parse(text) as { items: readonly PodItem[] };
  const pods = items.filter(({ spec }) => spec.hostNetwork !== true).map(toShopPod);
  return new Map(pods.map((pod) => [pod.address, pod]));
}

export async function readClusterIp(cluster: Cluster, service: string): Promise<string> {
  const where = ['get', 'service', service, '--namespace', NAMESPACE];
  return cluster.kubectl([...where, '-o', 'jsonpath={.spec.clusterIP}']);
}

interface PodItem {
  readonly metadata: { readonly name: string; readonly uid: string; readonly ownerReferences?: readonly object[] };
  readonly spec: { readonly nodeName: string; readonly hostNetwork?: boolean };
  readonly status: { readonly podIP: string };
}

/** A pod of a Deployment is called NAME-HASH-SUFFIX. */
function toShopPod({ metadata, spec: { nodeName }, status: { podIP } }: PodItem): ShopPod {
  const { name, uid } = metadata;
  const isOwned = metadata.ownerReferences !== undefined;
  const workload = isOwned
    ? { workloadKind: 'Deployment', workloadName: name.split('-')[0] ?? '' }
    : { workloadKind: 'Pod', workloadName: name };
  return { name, uid, address: podIP, nodeName, ...workload };
}

function createDeployment(name: string, replicas: number, options: PodOptions): KubernetesObject {
  const labels = { ...options.labels, workload: name };
  const { spec } = createPod(name, options);
  return {
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: { name },
    spec: { replicas, selector: { matchLabels: labels }, template: { metadata: { labels }, spec } },
  };
}

/** The node role on one node, observing its pods. */
function createObserver(name: string, node: string, flags: readonly string[], otlpEndpoint: string): KubernetesObject {
  const daemonSet = createNodeDaemonSet(['--capture', ...flags], { PODFLOW_OTLP_ENDPOINT: otlpEndpoint });
  const labels = { app: name };
  const spec = { ...daemonSet.spec.template.spec, nodeSelector: { 'kubernetes.io/hostname': node } };
  const template = { metadata: { labels }, spec };
  return { ...daemonSet, metadata: { name }, spec: { selector: { matchLabels: labels }, template } };
}

function inNamespace(object: KubernetesObject): KubernetesObject {
  return { ...object, metadata: { ...(object['metadata'] as object), namespace: NAMESPACE } };
}
