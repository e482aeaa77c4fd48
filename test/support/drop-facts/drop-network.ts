import { connectNamespaces, NetworkNamespace } from '../../../src/lib/network-namespace.ts';

/** Hosts of the network, and addresses that lead nowhere. */
export const ADDRESS = {
  client: '10.214.0.2',
  client6: 'fd00:214::2',
  server: '10.214.1.2',
  server6: 'fd00:214:1::2',
  /** The server behind the narrow link. */
  narrow: '10.214.2.2',
  narrow6: 'fd00:214:2::2',
  /** The same, to be discovered anew. */
  narrowToo: '10.214.2.3',
  /** As narrow, but the client does not hear what the router says of it. */
  unheard: '10.214.2.4',
  noRoute: '10.215.0.1',
  noRoute6: 'fd00:215::1',
  prohibited: '10.216.0.1',
  prohibited6: 'fd00:216::1',
  unreachable: '10.217.0.1',
  far: '10.218.0.1',
  far6: 'fd00:218::1',
} as const;

export const NARROW_MTU_BYTES = 1_400;

/** Neither duplicate address detection nor router solicitations, and no bound on ICMP errors a second. */
const COMMON = [
  ...['all', 'default'].flatMap((scope) => [
    `sysctl -qw net.ipv6.conf.${scope}.accept_dad=0 net.ipv6.conf.${scope}.router_solicitations=0`,
    `sysctl -qw net.ipv4.conf.${scope}.rp_filter=0`,
  ]),
  // Not `icmp_ratelimit=0`, which would use up what a host may say of routes (`ip_error` in net/ipv4/route.c).
  'sysctl -qw net.ipv4.icmp_ratemask=0 net.ipv6.icmp.ratelimit=0',
];

/**
 * A client and a server with a router between them, each a network namespace. The way to the server's second address is
 * narrow: the router's own end of it has a small MTU, of which the server does not know.
 */
export class DropNetwork {
  readonly client: NetworkNamespace;
  readonly router: NetworkNamespace;
  readonly server: NetworkNamespace;

  private constructor(client: NetworkNamespace, router: NetworkNamespace, server: NetworkNamespace) {
    this.client = client;
    this.router = router;
    this.server = server;
  }

  static async create(): Promise<DropNetwork> {
    const made: NetworkNamespace[] = [];
    for (const name of ['client', 'router', 'server']) made.push(await NetworkNamespace.create(name));
    const [client, router, server] = made as [NetworkNamespace, NetworkNamespace, NetworkNamespace];
    const network = new DropNetwork(client, router, server);
    try {
      network.#setUp();
    } catch (error) {
      network.close();
      throw error;
    }
    return network;
  }

  /** Has the router act upon what it forwards from the client to a port; `action` as iptables has it. */
  forwardTo(protocol: 'tcp' | 'udp', port: number, action: string, isIpv6 = false): void {
    const command = isIpv6 ? 'ip6tables' : 'iptables';
    this.router.run('sh', '-c', `${command} -w -A FORWARD -p ${protocol} --dport ${port} -j ${action}`);
  }

  /** Packets that the router's rule for a port has taken. */
  countForwarded(protocol: 'tcp' | 'udp', port: number): number {
    const line = this.router.run('iptables-save', '-c').split('\n');
    const rule = line.find((text) => text.includes(`-p ${protocol}`) && text.includes(`--dport ${port} `));
    return Number(/^\[(\d+):/.exec(rule ?? '')?.[1]);
  }

  /** Link address of the client's next hop. */
  get routerLinkAddress(): string {
    const [link] = JSON.parse(this.router.run('ip', '-j', 'link', 'show', 'dev', 'left')) as { address: string }[];
    return link?.address ?? '';
  }

  close(): void {
    for (const namespace of [this.client, this.router, this.server]) namespace.close();
  }

  #setUp(): void {
    const { client, router, server } = this;
    for (const namespace of [client, router, server]) runAll(namespace, COMMON);
    connectNamespaces(client, 'eth0', router, 'left');
    connectNamespaces(router, 'right', server, 'eth0');
    connectNamespaces(router, 'narrow', server, 'eth1');
    runAll(router, ROUTER);
    runAll(server, SERVER);
    runAll(client, CLIENT);
  }
}

const ROUTER = [
  'sysctl -qw net.ipv4.ip_forward=1 net.ipv6.conf.all.forwarding=1',
  ...['left', 'right', 'narrow'].flatMap((link, i) => [
    `ip addr add 10.214.${i}.1/24 dev ${link}`,
    `ip -6 addr add fd00:214:${i}::1/64 dev ${link} nodad`,
  ]),
  `ip link set narrow mtu ${NARROW_MTU_BYTES}`,
  `ip route add prohibit ${ADDRESS.prohibited}/32`,
  `ip -6 route add prohibit ${ADDRESS.prohibited6}/128`,
  `ip route add unreachable ${ADDRESS.unreachable}/32`,
  `ip route add ${ADDRESS.far}/32 via ${ADDRESS.server}`,
  `ip -6 route add ${ADDRESS.far6}/128 via ${ADDRESS.server6}`,
];

const SERVER = [
  `ip addr add ${ADDRESS.server}/24 dev eth0`,
  `ip -6 addr add ${ADDRESS.server6}/64 dev eth0 nodad`,
  `ip addr add ${ADDRESS.narrow}/24 dev eth1`,
  `ip addr add ${ADDRESS.narrowToo}/24 dev eth1`,
  `ip addr add ${ADDRESS.unheard}/24 dev eth1`,
  `ip -6 addr add ${ADDRESS.narrow6}/64 dev eth1 nodad`,
  'ip route add default via 10.214.1.1',
  'ip -6 route add default via fd00:214:1::1',
];

const CLIENT = [
  `ip addr add ${ADDRESS.client}/24 dev eth0`,
  `ip -6 addr add ${ADDRESS.client6}/64 dev eth0 nodad`,
  'ip route add default via 10.214.0.1',
  'ip -6 route add default via fd00:214::1',
  `ip route add ${ADDRESS.far}/32 via 10.214.0.1 hoplimit 1`,
  `ip -6 route add ${ADDRESS.far6}/128 via fd00:214::1 hoplimit 1`,
  // The destination of the packet that an error quotes stands 24 bytes behind the ICMP header's beginning.
  'nft add table ip deaf',
  "nft 'add chain ip deaf input { type filter hook input priority 0; }'",
  `nft add rule ip deaf input icmp type destination-unreachable @th,192,32 ${toHex(ADDRESS.unheard)} drop`,
];

function toHex(address: string): string {
  return `0x${Buffer.from(address.split('.').map(Number)).toString('hex')}`;
}

/** One shell for all, since each start of a process in a namespace costs some milliseconds. */
function runAll(namespace: NetworkNamespace, commands: readonly string[]): void {
  namespace.run('sh', '-c', commands.join(' && '));
}
