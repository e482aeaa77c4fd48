/** Objects of a cluster's tests, made of the images that images.sh packs. */
export type KubernetesObject = Readonly<Record<string, unknown>>;

export interface PodOptions {
  readonly labels?: Readonly<Record<string, string>>;
  readonly nodeName?: string;
  /** Command of the container `main`; it sleeps without one. */
  readonly command?: readonly string[];
  /** Native sidecars, started before `main`. */
  readonly sidecars?: readonly KubernetesObject[];
}

const HTTP_PORT = 8080;

export function createPod(name: string, options: PodOptions = {}): KubernetesObject {
  const { labels = {}, nodeName } = options;
  const spec = { ...createPodSpec(options), ...(nodeName === undefined ? {} : { nodeName }) };
  return { apiVersion: 'v1', kind: 'Pod', metadata: { name, labels }, spec };
}

/** A Deployment of HTTP servers (image/http-server.mjs) spread evenly over the nodes. */
export function createWebDeployment(name: string, replicas: number, options: PodOptions = {}): KubernetesObject {
  const labels = { ...options.labels, app: name };
  const spec = createPodSpec({ ...options, command: ['node', '/app/http-server.mjs', String(HTTP_PORT)] });
  const template = { metadata: { labels }, spec: { ...spec, topologySpreadConstraints: [spreadOverNodes(labels)] } };
  return {
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: { name },
    spec: { replicas, selector: { matchLabels: labels }, template },
  };
}

/** A Service, with port 80, of the web Deployment of that name. */
export function createWebService(name: string): KubernetesObject {
  const ports = [{ name: 'http', port: 80, targetPort: HTTP_PORT }];
  return { apiVersion: 'v1', kind: 'Service', metadata: { name }, spec: { selector: { app: name }, ports } };
}

/**
 * `podflow probe` with the rights that its eBPF backend needs, as a native sidecar called `probe`. It sends to the node
 * role of its node unless `env` says otherwise; `$(HOST_IP)` there is the node's address.
 */
export function createProbeSidecar(flags: readonly string[], env: Readonly<Record<string, string>> = {}) {
  const fields = { POD_NAME: 'metadata.name', POD_NAMESPACE: 'metadata.namespace', POD_UID: 'metadata.uid' };
  const downward = Object.entries({ ...fields, POD_IP: 'status.podIP', NODE_NAME: 'spec.nodeName' });
  const settings = { PODFLOW_OTLP_ENDPOINT: 'http://$(HOST_IP):4318', ...env };
  return {
    name: 'probe',
    image: 'podflow.test/podflow:1',
    restartPolicy: 'Always',
    command: ['podflow', 'probe', ...flags],
    env: [
      { name: 'HOST_IP', valueFrom: { fieldRef: { fieldPath: 'status.hostIP' } } },
      ...downward.map(([name, fieldPath]) => ({ name: `PODFLOW_${name}`, valueFrom: { fieldRef: { fieldPath } } })),
      ...Object.entries(settings).map(([name, value]) => ({ name, value })),
    ],
    securityContext: { capabilities: { drop: ['ALL'], add: ['NET_RAW', 'BPF', 'PERFMON'] } },
    startupProbe: { httpGet: { path: '/readyz', port: 9464 }, periodSeconds: 1, failureThreshold: 30 },
  };
}

/** `podflow node` on every node, in the node's own network and PID namespaces. */
export function createNodeDaemonSet(flags: readonly string[], env: Readonly<Record<string, string>> = {}) {
  const labels = { app: 'podflow-node' };
  const nodeName = { name: 'PODFLOW_NODE_NAME', valueFrom: { fieldRef: { fieldPath: 'spec.nodeName' } } };
  const container = {
    name: 'node',
    image: 'podflow.test/podflow:1',
    command: ['podflow', 'node', ...flags],
    env: [nodeName, ...Object.entries(env).map(([name, value]) => ({ name, value }))],
    securityContext: { privileged: true },
    readinessProbe: { httpGet: { path: '/readyz', port: 9464 }, periodSeconds: 1 },
  };
  const spec = { hostNetwork: true, hostPID: true, terminationGracePeriodSeconds: 5, containers: [container] };
  return {
    apiVersion: 'apps/v1',
    kind: 'DaemonSet',
    metadata: { name: 'podflow-node' },
    spec: { selector: { matchLabels: labels }, template: { metadata: { labels }, spec } },
  };
}

function createPodSpec({ command, sidecars = [] }: PodOptions): KubernetesObject {
  const isServer = command?.includes('/app/http-server.mjs') ?? false;
  const readinessProbe = { httpGet: { port: HTTP_PORT }, periodSeconds: 1 };
  const main = {
    name: 'main',
    image: 'podflow.test/node:1',
    command: command ?? ['sleep', 'infinity'],
    ...(isServer ? { ports: [{ name: 'http', containerPort: HTTP_PORT }], readinessProbe } : {}),
  };
  return { terminationGracePeriodSeconds: 2, initContainers: sidecars, containers: [main] };
}

function spreadOverNodes(matchLabels: Readonly<Record<string, string>>): KubernetesObject {
  const topologyKey = 'kubernetes.io/hostname';
  return { maxSkew: 1, topologyKey, whenUnsatisfiable: 'DoNotSchedule', labelSelector: { matchLabels } };
}
