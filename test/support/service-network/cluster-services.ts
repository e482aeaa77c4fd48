import {
  EGRESS_IP,
  EXTERNAL_IP,
  FLOATING_IP,
  NODE_DNS_IP,
  NODE_NETWORK,
  NODES,
  OUTSIDE_ADDRESS,
  POD_NETWORK,
  PODS,
  type DualStack,
  type Family,
  type NodeName,
  type PodName,
} from './cluster-plan.ts';
import type { NodeRules, RuleEndpoint, ServiceRule } from './node-rules.ts';

/** Where the servers of every pod, and of the host outside, listen. */
export const SERVER_PORT = { tcp: 8080, dns: 5353 } as const;
/** Nobody listens there; and the pod itself, or its node, lets nobody in. */
export const CLOSED_PORT = 9;
export const PROHIBITED_PORT = 8099;
export const GUARDED_PORT = 8090;
export const DNS_PORT = 53;
/** The first port that the load generator floods (`load.c`). */
export const FLOOD_PORT = 10_000;
/** What is dialled at this port of a Service has a conntrack zone of its own. */
export const ZONE = { port: 82, id: 7 } as const;

export interface PlannedService {
  readonly clusterIp: DualStack;
  readonly protocol: 'tcp' | 'udp';
  readonly port: number;
  readonly targetPort: number;
  readonly endpoints: readonly (PodName | 'outside')[];
  readonly nodePort?: number;
  readonly externalIp?: DualStack;
  readonly externalTrafficPolicy?: 'Local';
  readonly hasAffinity?: true;
  readonly choice?: 'turns';
}

const WEB_PODS = ['web-0', 'web-1'] as const;

/** The Services of the cluster. What is absent is as Kubernetes has it by default. */
export const SERVICES = {
  web: {
    ...tcp(10),
    endpoints: WEB_PODS,
    nodePort: 30_080,
    externalIp: EXTERNAL_IP,
  },
  local: { ...tcp(11), endpoints: WEB_PODS, nodePort: 30_081, externalTrafficPolicy: 'Local' },
  sticky: { ...tcp(12), endpoints: WEB_PODS, hasAffinity: true },
  turns: { ...tcp(13), endpoints: WEB_PODS, choice: 'turns' },
  far: { ...tcp(14), endpoints: ['far-web'] },
  outside: { ...tcp(15), endpoints: ['outside'] },
  self: { ...tcp(16), endpoints: ['web-0'] },
  bridged: { ...tcp(17), endpoints: ['bridged-web'] },
  zoned: { ...tcp(18), port: ZONE.port, endpoints: WEB_PODS },
  refusing: { ...tcp(19), targetPort: CLOSED_PORT, endpoints: WEB_PODS },
  prohibited: { ...tcp(20), targetPort: PROHIBITED_PORT, endpoints: ['web-0'] },
  guarded: { ...tcp(21), targetPort: GUARDED_PORT, endpoints: ['web-0'] },
  empty: { ...tcp(22), endpoints: [] },
  dns: { ...udp(53), endpoints: WEB_PODS },
  flood: { ...udp(55), port: FLOOD_PORT, targetPort: FLOOD_PORT, endpoints: WEB_PODS },
  'closed-dns': { ...udp(54), targetPort: CLOSED_PORT, endpoints: WEB_PODS },
} as const satisfies Readonly<Record<string, PlannedService>>;

export type ServiceName = keyof typeof SERVICES;

function clusterIp(number: number): DualStack {
  return { ipv4: `10.96.0.${number}`, ipv6: `fd00:10:96::${number}` };
}

function tcp(number: number): { clusterIp: DualStack; protocol: 'tcp'; port: number; targetPort: number } {
  return { clusterIp: clusterIp(number), protocol: 'tcp', port: 80, targetPort: SERVER_PORT.tcp };
}

function udp(number: number): { clusterIp: DualStack; protocol: 'udp'; port: number; targetPort: number } {
  return { clusterIp: clusterIp(number), protocol: 'udp', port: DNS_PORT, targetPort: SERVER_PORT.dns };
}

/** What the agents of one node make of the plan. */
export function toNodeRules(node: NodeName, family: Family): NodeRules {
  const services = Object.entries<PlannedService>(SERVICES).map(([name, service]) =>
    toServiceRule(name, service, node, family),
  );
  const web = PODS['web-0'].address[family];
  return {
    family,
    podNetwork: POD_NETWORK[family],
    nodeNetwork: NODE_NETWORK[family],
    nodeAddress: NODES[node].address[family],
    services,
    egressAddresses:
      node === 'node-a' ? [{ pod: PODS['bridged-client'].address[family], address: EGRESS_IP[family] }] : [],
    floatingAddresses: [{ address: FLOATING_IP[family], pod: web }],
    untracked: [{ protocol: 'udp', address: NODE_DNS_IP[family], port: DNS_PORT }],
    zoned: [{ protocol: 'tcp', address: SERVICES.zoned.clusterIp[family], port: ZONE.port, zone: ZONE.id }],
    denied: [{ protocol: 'tcp', address: web, port: GUARDED_PORT }],
  };
}

function toServiceRule(name: string, service: PlannedService, node: NodeName, family: Family): ServiceRule {
  const { protocol, port, nodePort, externalTrafficPolicy, hasAffinity, choice } = service;
  return {
    name,
    protocol,
    port,
    clusterAddress: service.clusterIp[family],
    externalAddress: service.externalIp?.[family],
    nodePort,
    externalTrafficPolicy: externalTrafficPolicy ?? 'Cluster',
    hasAffinity: hasAffinity ?? false,
    choice: choice ?? 'random',
    endpoints: service.endpoints.map((target) => toEndpoint(target, service.targetPort, node, family)),
  };
}

function toEndpoint(target: PodName | 'outside', port: number, node: NodeName, family: Family): RuleEndpoint {
  if (target === 'outside') return { address: OUTSIDE_ADDRESS[family], port, isLocal: false };
  const pod = PODS[target];
  return { address: pod.address[family], port, isLocal: pod.node === node };
}
