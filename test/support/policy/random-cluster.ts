/** Clusters of a few pods with odd policies, as objects of the API that its server would take. */

export type Random = (limit: number) => number;
type Json = Record<string, unknown>;

export interface RandomConnection {
  /** `namespace/pod`, or an address outside the cluster. */
  readonly source: string;
  readonly destination: string;
  readonly protocol: 'TCP' | 'UDP' | 'SCTP';
  readonly port: number;
}

export interface RandomCluster {
  readonly policies: readonly Json[];
  readonly pods: readonly Json[];
  readonly namespaces: readonly Json[];
  readonly connections: readonly RandomConnection[];
}

const NAMESPACES = ['shop', 'bank', 'test'];
/** `constructor` is a key like any other, and so is one whose value is empty. */
const LABELS = { app: ['web', 'db', ''], tier: ['front', 'back'], constructor: ['x'] };
const NAMESPACE_LABELS = { team: ['a', 'b', ''], env: ['prod', 'dev'] };
const OUTSIDE = ['203.0.113.7', '198.51.100.130', '2001:db8:ffff::7'];
const BLOCKS: readonly (readonly [string, readonly string[]])[] = [
  ['0.0.0.0/0', ['10.1.0.0/16', '203.0.113.0/24', '10.1.0.3/32']],
  ['10.1.0.0/16', ['10.1.0.0/30', '10.1.0.4/31']],
  ['10.1.0.4/30', ['10.1.0.5/32']],
  ['203.0.113.0/24', ['203.0.113.0/29']],
  ['198.51.100.128/25', []],
  ['::/0', ['2001:db8:ffff::/48', 'fd00:1::/112']],
  ['fd00:1::/64', ['fd00:1::3/128', 'fd00:1::4/126']],
];
const PORTS = [80, 8080, 8081, 53, 443, 30_000];
const PORT_NAMES = ['http', 'dns', 'admin', 'none'];
const PROTOCOLS = ['TCP', 'UDP', 'SCTP'] as const;

export function createRandomCluster(random: Random, connectionCount: number): RandomCluster {
  const namespaces = NAMESPACES.map((name) => ({
    metadata: { name, labels: { ...pickLabels(NAMESPACE_LABELS, random), 'kubernetes.io/metadata.name': name } },
  }));
  const pods = Array.from({ length: 7 }, (_, i) => createPod(i, random));
  const policies = Array.from({ length: 1 + random(6) }, (_, i) => createPolicy(i, random));
  const ends = [...pods.map(({ metadata }) => `${metadata.namespace}/${metadata.name}`), ...OUTSIDE];
  const connections: RandomConnection[] = [];
  while (connections.length < connectionCount) {
    const [source, destination] = [pick(ends, random), pick(ends, random)];
    // No policy is about a pod's traffic with itself, or between what is outside.
    if (source === destination || (OUTSIDE.includes(source) && OUTSIDE.includes(destination))) continue;
    connections.push({ source, destination, protocol: pickProtocol(random), port: pick(PORTS, random) });
  }
  return { policies, pods, namespaces, connections };
}

export function pick<Value>(values: readonly Value[], random: Random): Value {
  return values[random(values.length)]!;
}

function createPod(i: number, random: Random) {
  const ip = i % 3 === 2 ? `fd00:1::${i + 1}` : `10.1.0.${i + 1}`;
  const ports = Array.from({ length: random(4) }, () => ({
    name: pick(PORT_NAMES.slice(0, 3), random),
    containerPort: pick(PORTS, random),
    protocol: pickProtocol(random),
  }));
  return {
    metadata: {
      name: `pod-${i}`,
      namespace: pick(NAMESPACES, random),
      uid: `uid-${i}`,
      labels: pickLabels(LABELS, random),
    },
    spec: { nodeName: `node-${i}`, containers: [{ name: 'main', ports }] },
    status: { phase: 'Running', podIP: ip, podIPs: [{ ip }] },
  };
}

export function createPolicy(i: number, random: Random): Json {
  const ingress = createRules('from', random);
  const egress = createRules('to', random);
  const types = pick([undefined, [], ['Ingress'], ['Egress'], ['Ingress', 'Egress']], random);
  return {
    metadata: { name: `policy-${i}`, namespace: pick(NAMESPACES, random) },
    spec: {
      podSelector: random(3) === 0 ? {} : createSelector(LABELS, random),
      ...(types !== undefined && { policyTypes: types }),
      ...(random(5) > 0 && { ingress }),
      ...(random(5) > 0 && { egress }),
    },
  };
}

function createRules(peersField: 'from' | 'to', random: Random): Json[] {
  return Array.from({ length: random(4) }, () => ({
    ...(random(6) > 0 && { [peersField]: Array.from({ length: random(4) }, () => createPeer(random)) }),
    ...(random(3) > 0 && { ports: Array.from({ length: random(4) }, () => createPort(random)) }),
  }));
}

function createPeer(random: Random): Json {
  const podSelector = createSelector(LABELS, random);
  const namespaceSelector = createSelector(NAMESPACE_LABELS, random);
  switch (random(4)) {
    case 0:
      return { podSelector };
    case 1:
      return { namespaceSelector };
    case 2:
      return { podSelector, namespaceSelector };
    default: {
      const [cidr, exceptions] = pick(BLOCKS, random);
      const except = exceptions.filter(() => random(2) === 0);
      return { ipBlock: except.length > 0 ? { cidr, except } : { cidr } };
    }
  }
}

function createPort(random: Random): Json {
  const protocol = random(3) === 0 ? {} : { protocol: pickProtocol(random) };
  const port = pick(PORTS, random);
  switch (random(5)) {
    case 0:
      return protocol;
    case 1:
      return { ...protocol, port: pick(PORT_NAMES, random) };
    case 2:
      return { ...protocol, port, endPort: port + random(400) };
    default:
      return { ...protocol, port };
  }
}

function createSelector(labels: Readonly<Record<string, readonly string[]>>, random: Random): Json {
  const matchExpressions = Array.from({ length: random(3) }, () => {
    const key = pick([...Object.keys(labels), 'absent'], random);
    const operator = pick(['In', 'NotIn', 'Exists', 'DoesNotExist'], random);
    const all = [...(labels[key] ?? []), 'other'];
    const values = all.filter((_, i) => i === 0 || random(2) === 0);
    return operator.endsWith('In') ? { key, operator, values } : { key, operator };
  });
  return {
    ...(random(2) === 0 && { matchLabels: pickLabels(labels, random) }),
    ...(random(2) === 0 && { matchExpressions }),
  };
}

function pickLabels(labels: Readonly<Record<string, readonly string[]>>, random: Random): Record<string, string> {
  const kept = Object.entries(labels).filter(() => random(2) === 0);
  return Object.fromEntries(kept.map(([key, values]) => [key, pick(values, random)]));
}

function pickProtocol(random: Random): RandomConnection['protocol'] {
  return random(2) === 0 ? 'TCP' : pick(PROTOCOLS, random);
}
