import { connectNamespaces, NetworkNamespace } from '../../src/lib/network-namespace.ts';

/** Two network namespaces joined by a veth pair: `eth0` on both sides, IPv4 and IPv6. */
export interface PodPair {
  readonly client: NetworkNamespace;
  readonly server: NetworkNamespace;
  close(): void;
}

export const CLIENT_ADDRESS = '10.211.0.1';
export const SERVER_ADDRESS = '10.211.0.2';
export const CLIENT_ADDRESS6 = 'fd00:211::1';
export const SERVER_ADDRESS6 = 'fd00:211::2';

/** RFC 3810: multicast listener reports, which the kernel sends at times of its own choosing. */
const MLD2_REPORT = '143';

/** Makes the pair. Neighbours are fixed and IPv6's own chatter is off, so that every frame is the test's. */
export async function createPodPair(): Promise<PodPair> {
  const client = await NetworkNamespace.create('client');
  const server = await NetworkNamespace.create('server');
  for (const namespace of [client, server]) quieten(namespace);
  connectNamespaces(client, 'eth0', server, 'eth0');
  address(client, CLIENT_ADDRESS, CLIENT_ADDRESS6);
  address(server, SERVER_ADDRESS, SERVER_ADDRESS6);
  neighbour(client, SERVER_ADDRESS, SERVER_ADDRESS6, linkAddress(server));
  neighbour(server, CLIENT_ADDRESS, CLIENT_ADDRESS6, linkAddress(client));
  return {
    client,
    server,
    close: () => {
      client.close();
      server.close();
    },
  };
}

function quieten(namespace: NetworkNamespace): void {
  for (const scope of ['all', 'default']) {
    const of = (name: string): string => `net.ipv6.conf.${scope}.${name}`;
    namespace.run(
      'sysctl',
      '-qw',
      `${of('addr_gen_mode')}=1`,
      `${of('router_solicitations')}=0`,
      `${of('accept_dad')}=0`,
    );
  }
  namespace.run('ip6tables', '-w', '-A', 'OUTPUT', '-p', 'icmpv6', '--icmpv6-type', MLD2_REPORT, '-j', 'DROP');
}

function address(namespace: NetworkNamespace, ipv4: string, ipv6: string): void {
  namespace.run('ip', 'addr', 'add', `${ipv4}/24`, 'dev', 'eth0');
  namespace.run('ip', '-6', 'addr', 'add', `${ipv6}/64`, 'dev', 'eth0', 'nodad');
}

function linkAddress(namespace: NetworkNamespace): string {
  const [link] = JSON.parse(namespace.run('ip', '-j', 'link', 'show', 'dev', 'eth0')) as { address: string }[];
  return link?.address ?? '';
}

function neighbour(namespace: NetworkNamespace, ipv4: string, ipv6: string, lladdr: string): void {
  for (const peer of [ipv4, ipv6]) namespace.run('ip', 'neigh', 'replace', peer, 'lladdr', lladdr, 'dev', 'eth0');
}
