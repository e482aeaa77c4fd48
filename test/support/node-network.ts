import { NetworkNamespace } from '../../src/lib/network-namespace.ts';
import { enterPodCgroup, type PodCgroup } from './pod-cgroup.ts';

/**
 * How a pod is joined to the node: by a veth to a port of its bridge, by a veth with a route of its own, or by a
 * macvlan on the node's uplink, which leaves nothing of the pod at the node.
 */
export type Attachment = 'bridged' | 'routed' | 'macvlan' | 'ipvlan';

export interface NodePod {
  readonly name: string;
  readonly namespace: NetworkNamespace;
  readonly address: string;
  readonly address6: string;
  /** The node's end of its veth; undefined where it has none. */
  readonly hostInterface: string | undefined;
  /** As its control group tells it; undefined where none can be made. */
  readonly uid: string | undefined;
}

/** Of the node within the pods' networks: gateway of bridged and of routed pods. */
const GATEWAY = { bridged: '10.212.0.1', routed: '169.254.1.1' } as const;
const GATEWAY6 = { bridged: 'fd00:212::1', routed: 'fd00:212:ffff::1' } as const;
const PREFIX = { bridged: 24, routed: 32, macvlan: 24, ipvlan: 24 } as const;
const SUBNET = { bridged: '10.212.0', routed: '10.212.1', macvlan: '10.212.2', ipvlan: '10.212.2' } as const;
const SUBNET6 = { bridged: 'fd00:212:0', routed: 'fd00:212:1', macvlan: 'fd00:212:2', ipvlan: 'fd00:212:2' } as const;

/**
 * A node in a network namespace with pods in others: the bridge `cni0`, the uplink `up0` to a segment that is a network
 * namespace too, and pods that come and go. Every pod's interface is `eth0`. IPv6's own chatter is off.
 */
export class NodeNetwork {
  readonly node: NetworkNamespace;
  /** What the uplink leads to, as 10.212.2.2. */
  readonly segment: NetworkNamespace;
  readonly #pods = new Map<NodePod, PodCgroup | undefined>();
  #serial = 0;

  private constructor(node: NetworkNamespace, segment: NetworkNamespace) {
    this.node = node;
    this.segment = segment;
  }

  static async create(): Promise<NodeNetwork> {
    const network = new NodeNetwork(await NetworkNamespace.create('node'), await NetworkNamespace.create('segment'));
    const { node } = network;
    runAll(node, [
      QUIET,
      'sysctl -qw net.ipv4.ip_forward=1 net.ipv6.conf.all.forwarding=1',
      'ip link add cni0 type bridge mcast_snooping 0',
      'ip link set cni0 up',
      `ip addr add ${GATEWAY.bridged}/24 dev cni0`,
      `ip -6 addr add ${GATEWAY6.bridged}/64 dev cni0 nodad`,
      `ip link add up0 type veth peer name up0 netns ${pidOf(network.segment)}`,
      'ip link set up0 up',
      'ip addr add 10.212.2.1/24 dev up0',
      'ip -6 addr add fd00:212:2::1/64 dev up0 nodad',
      'ip route add default via 10.212.2.2',
      'ip -6 route add default via fd00:212:2::2',
    ]);
    runAll(network.segment, [QUIET, 'ip link set up0 up', 'ip addr add 10.212.2.2/24 dev up0']);
    return network;
  }

  /** Whether the kernel has a kind of device. */
  hasKind(kind: Attachment): boolean {
    try {
      this.segment.run('ip', 'link', 'add', 'link', 'up0', 'name', 'trial', 'type', kind);
      this.segment.run('ip', 'link', 'del', 'trial');
      return true;
    } catch {
      return false;
    }
  }

  /** Makes a pod and joins it; `isUp: false` leaves its interface down. */
  async addPod(attachment: Attachment, { isUp = true, ifindex = 0 } = {}): Promise<NodePod> {
    const serial = ++this.#serial;
    const namespace = await NetworkNamespace.create(`pod${serial}`);
    const hasVeth = attachment === 'bridged' || attachment === 'routed';
    const cgroup = enterPodCgroup(Number(pidOf(namespace)));
    const pod: NodePod = {
      name: `pod${serial}`,
      namespace,
      address: `${SUBNET[attachment]}.${10 + serial}`,
      address6: `${SUBNET6[attachment]}::${10 + serial}`,
      hostInterface: hasVeth ? `veth${serial}` : undefined,
      uid: cgroup?.podUid,
    };
    this.#pods.set(pod, cgroup);
    runAll(namespace, [QUIET]);
    if (hasVeth) this.#joinByVeth(pod, attachment, ifindex);
    else this.#joinOnUplink(pod, attachment);
    if (isUp) this.bringUp(pod, attachment);
    return pod;
  }

  /** Gives a pod its addresses and routes. */
  bringUp(pod: NodePod, attachment: Attachment): void {
    const routed = attachment === 'routed';
    const hasGateway = attachment === 'bridged' || routed;
    const gateway = routed ? GATEWAY.routed : GATEWAY.bridged;
    const gateway6 = routed ? GATEWAY6.routed : GATEWAY6.bridged;
    runAll(pod.namespace, [
      'ip link set eth0 up',
      `ip addr add ${pod.address}/${PREFIX[attachment]} dev eth0`,
      `ip -6 addr add ${pod.address6}/${routed ? 128 : 64} dev eth0 nodad`,
      ...(routed ? [`ip route add ${gateway} dev eth0 scope link`, `ip -6 route add ${gateway6} dev eth0`] : []),
      ...(hasGateway
        ? [`ip route add default via ${gateway}`, `ip -6 route add default via ${gateway6} dev eth0`]
        : []),
    ]);
  }

  /** Ends a pod: its namespace goes as a container runtime lets it go, and its interfaces with it. */
  removePod(pod: NodePod): void {
    if (pod.hostInterface !== undefined) this.node.run('ip', 'link', 'del', pod.hostInterface);
    this.#end(pod);
  }

  close(): void {
    for (const pod of [...this.#pods.keys()]) this.#end(pod);
    this.node.close();
    this.segment.close();
  }

  #end(pod: NodePod): void {
    pod.namespace.close();
    this.#pods.get(pod)?.close();
    this.#pods.delete(pod);
  }

  #joinByVeth(pod: NodePod, attachment: Attachment, ifindex: number): void {
    const { hostInterface = '' } = pod;
    const index = ifindex === 0 ? '' : `index ${ifindex}`;
    runAll(this.node, [
      `ip link add ${hostInterface} ${index} type veth peer name eth0 netns ${pidOf(pod.namespace)}`,
      ...(attachment === 'bridged' ? [`ip link set ${hostInterface} master cni0`] : []),
      `ip link set ${hostInterface} up`,
      ...(attachment === 'routed'
        ? [
            `ip addr add ${GATEWAY.routed}/32 dev ${hostInterface}`,
            `ip -6 addr add ${GATEWAY6.routed}/128 dev ${hostInterface} nodad`,
            `ip route add ${pod.address} dev ${hostInterface}`,
            `ip -6 route add ${pod.address6} dev ${hostInterface}`,
          ]
        : []),
    ]);
  }

  #joinOnUplink(pod: NodePod, kind: Attachment): void {
    const mode = kind === 'macvlan' ? 'bridge' : 'l2';
    runAll(this.node, [
      `ip link add link up0 name inner${this.#serial} type ${kind} mode ${mode}`,
      `ip link set inner${this.#serial} netns ${pidOf(pod.namespace)} name eth0`,
    ]);
  }
}

/** No router solicitations, no duplicate address detection, no multicast listener reports (RFC 3810). */
const QUIET = [
  ...['all', 'default'].map(
    (scope) =>
      `sysctl -qw net.ipv6.conf.${scope}.addr_gen_mode=1 net.ipv6.conf.${scope}.router_solicitations=0 net.ipv6.conf.${scope}.accept_dad=0`,
  ),
  'ip6tables -w -A OUTPUT -p icmpv6 --icmpv6-type 143 -j DROP',
].join(' && ');

/** One shell for all, since each start of a process in a namespace costs some milliseconds. */
function runAll(namespace: NetworkNamespace, commands: readonly string[]): void {
  namespace.run('sh', '-c', commands.join(' && '));
}

function pidOf(namespace: NetworkNamespace): string {
  return namespace.path.split('/')[2] ?? '';
}
