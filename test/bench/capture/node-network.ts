import { connectNamespaces, NetworkNamespace } from '../../../src/lib/network-namespace.ts';

/**
 * A node with two pods: client (eth0) - veth - node - veth - (eth0) server, routed in the node as most CNIs do it.
 * Neighbours are fixed and IPv6 is off, so that every frame is the load's.
 */
export interface NodeNetwork {
  readonly client: NetworkNamespace;
  readonly server: NetworkNamespace;
  /** Where the observers look: the client's host-side veth in the node, or the client's own interface. */
  readonly observed: { readonly namespace: NetworkNamespace; readonly interfaceName: string };
  close(): void;
}

export type ObservedEnd = 'node' | 'pod';

interface Pod {
  readonly namespace: NetworkNamespace;
  readonly address: string;
  readonly hostInterface: string;
  readonly macPrefix: string;
}

const NODE_ADDRESS = '10.199.0.1';
const CLIENT_ADDRESS = '10.199.0.11';
export const SERVER_ADDRESS = '10.199.0.12';

export async function createNodeNetwork(where: ObservedEnd): Promise<NodeNetwork> {
  const node = await createQuietNamespace('node');
  const client = await createQuietNamespace('client');
  const server = await createQuietNamespace('server');
  node.run('sysctl', '-qw', 'net.ipv4.ip_forward=1');
  joinPod(node, { namespace: client, address: CLIENT_ADDRESS, hostInterface: 'veth1', macPrefix: '02:00:00:00:00:1' });
  joinPod(node, { namespace: server, address: SERVER_ADDRESS, hostInterface: 'veth2', macPrefix: '02:00:00:00:00:2' });
  node.run('ip', 'addr', 'add', `${NODE_ADDRESS}/32`, 'dev', 'veth1');
  return {
    client,
    server,
    observed:
      where === 'node' ? { namespace: node, interfaceName: 'veth1' } : { namespace: client, interfaceName: 'eth0' },
    close: () => [client, server, node].forEach((namespace) => namespace.close()),
  };
}

async function createQuietNamespace(name: string): Promise<NetworkNamespace> {
  const namespace = await NetworkNamespace.create(name);
  for (const scope of ['all', 'default']) namespace.run('sysctl', '-qw', `net.ipv6.conf.${scope}.disable_ipv6=1`);
  return namespace;
}

function joinPod(node: NetworkNamespace, { namespace, address, hostInterface, macPrefix }: Pod): void {
  const [hostMac, podMac] = [`${macPrefix}1`, `${macPrefix}2`];
  connectNamespaces(node, hostInterface, namespace, 'eth0');
  node.run('ip', 'link', 'set', hostInterface, 'address', hostMac);
  namespace.run('ip', 'link', 'set', 'eth0', 'address', podMac);
  namespace.run('ip', 'addr', 'add', `${address}/32`, 'dev', 'eth0');
  namespace.run('ip', 'route', 'add', NODE_ADDRESS, 'dev', 'eth0', 'scope', 'link');
  namespace.run('ip', 'route', 'add', 'default', 'via', NODE_ADDRESS);
  namespace.run('ip', 'neigh', 'replace', NODE_ADDRESS, 'lladdr', hostMac, 'dev', 'eth0');
  node.run('ip', 'route', 'add', address, 'dev', hostInterface);
  node.run('ip', 'neigh', 'replace', address, 'lladdr', podMac, 'dev', hostInterface);
}
