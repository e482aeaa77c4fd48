/**
 * Objects of a large cluster as an API server writes them: pods of 3.6 KB with managed fields left out, as lists give
 * them to a client that asks for no more. Each is made anew from its number, so that none is kept by the bench.
 */
const PODS_A_NODE = 20;
const PODS_A_WORKLOAD = 10;
const NAMESPACES = 100;
const PADDING = 'x'.repeat(560);

export interface ClusterSize {
  readonly pods: number;
  readonly services: number;
  readonly nodes: number;
}

export const LARGE_CLUSTER: ClusterSize = { pods: 100_000, services: 10_000, nodes: 5_000 };

export function bulkPodAddress(i: number): string {
  return `10.${(i >> 16) + 1}.${(i >> 8) & 255}.${i & 255}`;
}

export function bulkServiceAddress(i: number): string {
  return `172.20.${i >> 8}.${i & 255}`;
}

function nodeAddress(i: number): string {
  return `192.168.${i >> 8}.${i & 255}`;
}

function toUid(kind: number, i: number): string {
  return `${kind.toString(16).padStart(8, '0')}-6c1f-4d2a-9b7e-${i.toString(16).padStart(12, '0')}`;
}

function workloadOf(i: number): { name: string; hash: string; namespace: string; number: number } {
  const number = Math.floor(i / PODS_A_WORKLOAD);
  const namespace = `team-${number % NAMESPACES}`;
  return { name: `checkout-service-${number}`, hash: `7d4b9c${(number % 10_000).toString(36)}`, namespace, number };
}

/** JSON of a pod; `generation` stands for later pods of the same place, with other names and addresses. */
export function bulkPod(i: number, generation = 0, address = bulkPodAddress(i)): string {
  const { name, hash, namespace, number } = workloadOf(i);
  const node = Math.floor(i / PODS_A_NODE);
  const labels = {
    'app.kubernetes.io/component': 'backend',
    'app.kubernetes.io/instance': name,
    'app.kubernetes.io/managed-by': 'Helm',
    'app.kubernetes.io/name': 'checkout-service',
    'app.kubernetes.io/version': '1.14.2',
    'pod-template-hash': hash,
  };
  const environment = Array.from({ length: 8 }, (_, n) => ({ name: `SETTING_${n}`, value: `value-of-setting-${n}` }));
  const seconds = String(i % 60).padStart(2, '0');
  const time = `2026-11-20T10:15:${seconds}Z`;
  const podName = `${name}-${hash}-${(i * 7919 + generation * 104_729).toString(36)}`;
  return JSON.stringify({
    metadata: {
      name: podName,
      generateName: `${name}-${hash}-`,
      namespace,
      uid: toUid(1 + generation, i),
      resourceVersion: String(1_000_000 + i),
      creationTimestamp: time,
      labels,
      annotations: { 'checksum/config': PADDING, 'prometheus.io/scrape': 'true' },
      ownerReferences: [
        {
          apiVersion: 'apps/v1',
          kind: 'ReplicaSet',
          name: `${name}-${hash}`,
          uid: toUid(0x5e7, number),
          controller: true,
          blockOwnerDeletion: true,
        },
      ],
    },
    spec: {
      volumes: [{ name: 'kube-api-access', projected: { sources: [{ serviceAccountToken: { path: 'token' } }] } }],
      containers: [
        {
          name: 'checkout',
          image: 'registry.example.com/team/checkout-service:1.14.2',
          ports: [
            { name: 'http', containerPort: 8080, protocol: 'TCP' },
            { name: 'metrics', containerPort: 9090, protocol: 'TCP' },
          ],
          env: environment,
          resources: { limits: { cpu: '1', memory: '512Mi' }, requests: { cpu: '100m', memory: '256Mi' } },
          livenessProbe: { httpGet: { path: '/healthz', port: 'http', scheme: 'HTTP' }, periodSeconds: 10 },
          readinessProbe: { httpGet: { path: '/readyz', port: 'http', scheme: 'HTTP' }, periodSeconds: 10 },
          terminationMessagePath: '/dev/termination-log',
        },
      ],
      restartPolicy: 'Always',
      nodeName: `node-${node}.eu-central-1.example.internal`,
      securityContext: { runAsNonRoot: true, runAsUser: 10_001, fsGroup: 10_001 },
      tolerations: [
        { key: 'node.kubernetes.io/not-ready', operator: 'Exists', effect: 'NoExecute', tolerationSeconds: 300 },
        { key: 'node.kubernetes.io/unreachable', operator: 'Exists', effect: 'NoExecute', tolerationSeconds: 300 },
      ],
    },
    status: {
      phase: 'Running',
      conditions: ['PodReadyToStartContainers', 'Initialized', 'Ready', 'ContainersReady', 'PodScheduled'].map(
        (type) => ({ type, status: 'True', lastProbeTime: null, lastTransitionTime: time }),
      ),
      hostIP: nodeAddress(node),
      hostIPs: [{ ip: nodeAddress(node) }],
      podIP: address,
      podIPs: [{ ip: address }],
      startTime: time,
      containerStatuses: [
        {
          name: 'checkout',
          state: { running: { startedAt: time } },
          lastState: {},
          ready: true,
          restartCount: 0,
          image: 'registry.example.com/team/checkout-service:1.14.2',
          imageID: `registry.example.com/team/checkout-service@sha256:${'0'.repeat(64)}`,
          containerID: `containerd://${'f'.repeat(64)}`,
          started: true,
        },
      ],
      qosClass: 'Burstable',
    },
  });
}

export function bulkReplicaSet(number: number): string {
  const { name, hash, namespace } = workloadOf(number * PODS_A_WORKLOAD);
  const owner = { apiVersion: 'apps/v1', kind: 'Deployment', name, uid: toUid(0xde9, number), controller: true };
  return JSON.stringify({
    metadata: { name: `${name}-${hash}`, namespace, uid: toUid(0x5e7, number), ownerReferences: [owner] },
  });
}

export function bulkService(number: number): string {
  const { name, namespace } = workloadOf(number * PODS_A_WORKLOAD);
  const ports = [
    { name: 'http', protocol: 'TCP', port: 80, targetPort: 'http' },
    { name: 'metrics', protocol: 'TCP', port: 9090, targetPort: 'metrics' },
  ];
  const clusterIP = bulkServiceAddress(number);
  return JSON.stringify({
    metadata: { name, namespace, uid: toUid(0x5e1, number), creationTimestamp: '2026-10-01T00:00:00Z' },
    spec: { type: 'ClusterIP', clusterIP, clusterIPs: [clusterIP], ports, selector: { app: name } },
    status: { loadBalancer: {} },
  });
}

/** All endpoints of a Service in one slice. */
export function bulkEndpointSlice(number: number): string {
  const { name, namespace } = workloadOf(number * PODS_A_WORKLOAD);
  const pods = Array.from({ length: PODS_A_WORKLOAD }, (_, n) => number * PODS_A_WORKLOAD + n);
  return JSON.stringify({
    metadata: {
      name: `${name}-x7k2p`,
      namespace,
      creationTimestamp: '2026-10-01T00:00:00Z',
      labels: { 'kubernetes.io/service-name': name },
    },
    addressType: 'IPv4',
    endpoints: pods.map((i) => ({
      addresses: [bulkPodAddress(i)],
      conditions: { ready: true, serving: true, terminating: false },
      nodeName: `node-${Math.floor(i / PODS_A_NODE)}.eu-central-1.example.internal`,
      targetRef: { kind: 'Pod', namespace, uid: toUid(1, i) },
    })),
    ports: [
      { name: 'http', protocol: 'TCP', port: 8080 },
      { name: 'metrics', protocol: 'TCP', port: 9090 },
    ],
  });
}

export function bulkNode(i: number): string {
  const name = `node-${i}.eu-central-1.example.internal`;
  return JSON.stringify({
    metadata: {
      name,
      uid: toUid(0x0de, i),
      creationTimestamp: '2026-09-01T00:00:00Z',
      labels: { 'topology.kubernetes.io/zone': `eu-central-1${'abc'[i % 3]}`, 'kubernetes.io/os': 'linux' },
    },
    spec: { podCIDR: `100.${64 + (i >> 8)}.${i & 255}.0/24`, podCIDRs: [`100.${64 + (i >> 8)}.${i & 255}.0/24`] },
    status: {
      addresses: [
        { type: 'InternalIP', address: nodeAddress(i) },
        { type: 'Hostname', address: name },
      ],
    },
  });
}
