/** Both address families of one thing. */
export interface DualStack {
  readonly ipv4: string;
  readonly ipv6: string;
}

export type Family = keyof DualStack;

export type NodeName = 'node-a' | 'node-b';

export interface PlannedNode {
  readonly name: NodeName;
  readonly address: DualStack;
}

export interface PlannedPod {
  readonly name: string;
  readonly node: NodeName;
  /** A routed veth, as Calico and the AWS VPC CNI do it, or a port of the node's bridge, as flannel and kubenet do. */
  readonly link: 'routed' | 'bridged';
  readonly address: DualStack;
}

/** All pods of the cluster. */
export const POD_NETWORK: DualStack = { ipv4: '10.244.0.0/16', ipv6: 'fd00:10:244::/48' };
/** The segment that the nodes and the outside world's router are on. */
export const NODE_NETWORK: DualStack = { ipv4: '192.0.2.0/24', ipv6: '2001:db8:2::/64' };
/** The bridge of node-a: next hop of the pods behind it. */
export const BRIDGE_ADDRESS: DualStack = { ipv4: '10.244.3.1', ipv6: 'fd00:10:244:3::1' };

export const ROUTER_ADDRESS: DualStack = { ipv4: '192.0.2.1', ipv6: '2001:db8:2::1' };
/** A host beyond the router: client of NodePorts and server of what pods ask the world for. */
export const OUTSIDE_ADDRESS: DualStack = { ipv4: '198.51.100.7', ipv6: '2001:db8:51::7' };
/** Routed to node-a: an external IP of a Service, and an address that stands for one pod (1:1 NAT). */
export const EXTERNAL_IP: DualStack = { ipv4: '203.0.113.80', ipv6: '2001:db8:113::80' };
export const FLOATING_IP: DualStack = { ipv4: '203.0.113.81', ipv6: '2001:db8:113::81' };
/** A second address of node-a, which some pods leave the cluster with. */
export const EGRESS_IP: DualStack = { ipv4: '192.0.2.77', ipv6: '2001:db8:2::77' };
/** Where a DNS cache on the node listens, untracked as NodeLocal DNSCache has it. */
export const NODE_DNS_IP: DualStack = { ipv4: '169.254.20.10', ipv6: 'fd00:169::10' };

export const NODES = {
  'node-a': { name: 'node-a', address: { ipv4: '192.0.2.10', ipv6: '2001:db8:2::10' } },
  'node-b': { name: 'node-b', address: { ipv4: '192.0.2.20', ipv6: '2001:db8:2::20' } },
} as const satisfies Readonly<Record<NodeName, PlannedNode>>;

export const NODE_NAMES = Object.keys(NODES) as readonly NodeName[];

export const PODS = {
  client: {
    name: 'client',
    node: 'node-a',
    link: 'routed',
    address: { ipv4: '10.244.1.2', ipv6: 'fd00:10:244:1::2' },
  },
  'web-0': {
    name: 'web-0',
    node: 'node-a',
    link: 'routed',
    address: { ipv4: '10.244.1.10', ipv6: 'fd00:10:244:1::10' },
  },
  'web-1': {
    name: 'web-1',
    node: 'node-a',
    link: 'routed',
    address: { ipv4: '10.244.1.11', ipv6: 'fd00:10:244:1::11' },
  },
  'bridged-client': {
    name: 'bridged-client',
    node: 'node-a',
    link: 'bridged',
    address: { ipv4: '10.244.3.2', ipv6: 'fd00:10:244:3::2' },
  },
  'bridged-web': {
    name: 'bridged-web',
    node: 'node-a',
    link: 'bridged',
    address: { ipv4: '10.244.3.10', ipv6: 'fd00:10:244:3::10' },
  },
  'far-client': {
    name: 'far-client',
    node: 'node-b',
    link: 'routed',
    address: { ipv4: '10.244.2.2', ipv6: 'fd00:10:244:2::2' },
  },
  'far-web': {
    name: 'far-web',
    node: 'node-b',
    link: 'routed',
    address: { ipv4: '10.244.2.10', ipv6: 'fd00:10:244:2::10' },
  },
} as const satisfies Readonly<Record<string, PlannedPod>>;

export type PodName = keyof typeof PODS;

export const POD_NAMES = Object.keys(PODS) as readonly PodName[];
