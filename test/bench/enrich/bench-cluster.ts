/** The cluster of the bench: 5,000 pods on 50 nodes, 500 Services, 1,000 pairs of pods that talk. */
export const BENCH_SIZE = { nodes: 50, pods: 5_000, services: 500, pairs: 1_000 } as const;

const PODS_PER_NODE = BENCH_SIZE.pods / BENCH_SIZE.nodes;
const PODS_PER_DEPLOYMENT = 10;
const SERVER_PORT = 8080;

export interface BenchPair {
  readonly client: number;
  readonly server: number;
  /** The Service that is dialled, of every tenth pair; the others dial the pod. */
  readonly service: number | undefined;
}

/** The pairs that talk: half of the pods are clients, the others servers. */
export const BENCH_PAIRS: readonly BenchPair[] = Array.from({ length: BENCH_SIZE.pairs }, (_, i) => {
  const half = BENCH_SIZE.pods / 2;
  const server = half + ((i * 13) % half);
  const service = i % 10 === 0 ? Math.floor(server / PODS_PER_DEPLOYMENT) : undefined;
  return { client: (i * 7) % half, server, service };
});

export function podAddress(pod: number): string {
  return `10.${128 + Math.floor(pod / PODS_PER_NODE)}.0.${2 + (pod % PODS_PER_NODE)}`;
}

export function podNode(pod: number): string {
  return `node-${Math.floor(pod / PODS_PER_NODE)}`;
}

export function serviceAddress(service: number): string {
  return `10.96.${Math.floor(service / 250)}.${1 + (service % 250)}`;
}

/** All of it as `kubectl get … -o json` would print it. */
export function createBenchObjects(): object {
  const nodes = Array.from({ length: BENCH_SIZE.nodes }, (_, i) => createNode(i));
  const pods = Array.from({ length: BENCH_SIZE.pods }, (_, i) => createPod(i));
  const services = Array.from({ length: BENCH_SIZE.services }, (_, i) => createService(i));
  const deployments = Array.from({ length: BENCH_SIZE.pods / PODS_PER_DEPLOYMENT }, (_, i) => createReplicaSet(i));
  return { apiVersion: 'v1', kind: 'List', items: [...nodes, ...deployments, ...services, ...pods] };
}

function createNode(index: number): object {
  return {
    apiVersion: 'v1',
    kind: 'Node',
    metadata: { name: `node-${index}`, labels: { 'topology.kubernetes.io/zone': `zone-${index % 3}` } },
    spec: { podCIDR: `10.${128 + index}.0.0/24`, podCIDRs: [`10.${128 + index}.0.0/24`] },
    status: { addresses: [{ type: 'InternalIP', address: `172.16.0.${1 + index}` }] },
  };
}

function createReplicaSet(index: number): object {
  const { namespace, name } = toDeployment(index);
  return {
    apiVersion: 'apps/v1',
    kind: 'ReplicaSet',
    metadata: {
      name: `${name}-6f8b9`,
      namespace,
      uid: `rs-${index}`,
      ownerReferences: [{ apiVersion: 'apps/v1', kind: 'Deployment', name, uid: `d-${index}`, controller: true }],
    },
  };
}

function createService(index: number): object {
  const { namespace, name } = toDeployment(index);
  return {
    apiVersion: 'v1',
    kind: 'Service',
    metadata: { name, namespace },
    spec: {
      type: 'ClusterIP',
      clusterIP: serviceAddress(index),
      clusterIPs: [serviceAddress(index)],
      selector: { app: name },
      ports: [{ name: 'http', port: 80, targetPort: SERVER_PORT, protocol: 'TCP' }],
    },
  };
}

function createPod(index: number): object {
  const deployment = Math.floor(index / PODS_PER_DEPLOYMENT);
  const { namespace, name } = toDeployment(deployment);
  const labels = { app: name, 'app.kubernetes.io/part-of': namespace, 'pod-template-hash': '6f8b9', tier: 'backend' };
  const owner = { apiVersion: 'apps/v1', kind: 'ReplicaSet', name: `${name}-6f8b9`, uid: `rs-${deployment}` };
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: {
      name: `${name}-6f8b9-${(46_656 + index).toString(36)}`,
      namespace,
      uid: `8f6d3c1e-2b4a-4c5d-9e7f-${index.toString(16).padStart(12, '0')}`,
      labels,
      ownerReferences: [{ ...owner, controller: true }],
    },
    spec: { nodeName: podNode(index), containers: [{ name: 'app', ports: [{ containerPort: SERVER_PORT }] }] },
    status: { phase: 'Running', podIP: podAddress(index), podIPs: [{ ip: podAddress(index) }] },
  };
}

function toDeployment(index: number): { namespace: string; name: string } {
  return { namespace: `team-${index % 20}`, name: `service-${index}` };
}
