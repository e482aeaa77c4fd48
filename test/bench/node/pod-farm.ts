import { NetworkNamespace } from '../../../src/lib/network-namespace.ts';

/** A pod of the farm; its interface is `eth0`. */
export interface FarmPod {
  readonly namespace: NetworkNamespace;
  readonly address: string;
  /** The node's end of its veth. */
  readonly hostInterface: string;
}

/** Next hop of every pod, as Calico has it. */
const GATEWAY = '169.254.1.1';

/**
 * A node with pods, each joined by a veth with a route of its own, as most CNIs do it. Neighbours are fixed and IPv6 is
 * off, so that every frame is the load's.
 */
export class PodFarm {
  readonly node: NetworkNamespace;
  readonly pods: FarmPod[] = [];

  private constructor(node: NetworkNamespace) {
    this.node = node;
  }

  static async create(count: number): Promise<PodFarm> {
    const farm = new PodFarm(await NetworkNamespace.create('node'));
    runAll(farm.node, [...QUIET, 'sysctl -qw net.ipv4.ip_forward=1']);
    for (let i = 0; i < count; i++) await farm.#addPod(i);
    return farm;
  }

  close(): void {
    for (const { namespace } of this.pods) namespace.close();
    this.node.close();
  }

  async #addPod(i: number): Promise<void> {
    const namespace = await NetworkNamespace.create(`pod${i}`);
    const hostInterface = `veth${i}`;
    const address = `10.200.${i >> 7}.${1 + (i & 127)}`;
    const number = (i + 1)
      .toString(16)
      .padStart(4, '0')
      .replace(/(..)(..)/, '$1:$2');
    const [hostMac, podMac] = [`02:00:00:00:${number}`, `02:00:00:01:${number}`];
    this.pods.push({ namespace, address, hostInterface });
    runAll(namespace, QUIET);
    runAll(this.node, [
      `ip link add ${hostInterface} address ${hostMac} type veth peer name eth0 address ${podMac} netns ${pidOf(namespace)}`,
      `ip link set ${hostInterface} up`,
      `ip addr add ${GATEWAY}/32 dev ${hostInterface}`,
      `ip route add ${address} dev ${hostInterface}`,
      `ip neigh replace ${address} lladdr ${podMac} dev ${hostInterface}`,
    ]);
    runAll(namespace, [
      'ip link set eth0 up',
      `ip addr add ${address}/32 dev eth0`,
      `ip route add ${GATEWAY} dev eth0 scope link`,
      `ip route add default via ${GATEWAY}`,
      `ip neigh replace ${GATEWAY} lladdr ${hostMac} dev eth0`,
    ]);
  }
}

const QUIET = ['all', 'default'].map((scope) => `sysctl -qw net.ipv6.conf.${scope}.disable_ipv6=1`);

function runAll(namespace: NetworkNamespace, commands: readonly string[]): void {
  namespace.run('sh', '-c', commands.join(' && '));
}

function pidOf(namespace: NetworkNamespace): string {
  return namespace.path.split('/')[2] ?? '';
}
