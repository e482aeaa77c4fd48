import { connectNamespaces, NetworkNamespace } from '../../lib/network-namespace.ts';
import { selectPods, type DemoCluster, type DemoPod, type DemoService } from './demo-cluster.ts';

/** The interface of a pod, as Kubernetes names it. */
export const POD_INTERFACE = 'eth0';

/**
 * A node with its pods, built of network namespaces the way a routed CNI does it: a veth pair for each pod, a /32
 * route to it on the node, Services as DNAT in the node's own nat table, and a dropping rule for guarded pods.
 */
export class PodNetwork {
  readonly node: NetworkNamespace;
  readonly pods: ReadonlyMap<DemoPod, NetworkNamespace>;

  private constructor(node: NetworkNamespace, pods: ReadonlyMap<DemoPod, NetworkNamespace>) {
    this.node = node;
    this.pods = pods;
  }

  /** @throws PodflowError DEMO_NETWORK_FAILED; nothing stays behind then */
  static async create(cluster: DemoCluster): Promise<PodNetwork> {
    const made: NetworkNamespace[] = [];
    try {
      const node = await NetworkNamespace.create('node');
      made.push(node);
      node.run('sysctl', '-qw', 'net.ipv4.ip_forward=1', 'net.ipv6.conf.default.disable_ipv6=1');
      const pods = new Map<DemoPod, NetworkNamespace>();
      for (const [index, pod] of cluster.pods.entries()) {
        const namespace = await NetworkNamespace.create(pod.metadata.name);
        made.push(namespace);
        attachPod(node, namespace, pod.status.podIP, `veth${index}`, cluster.nodeAddress);
        pods.set(pod, namespace);
      }
      for (const service of cluster.services) addService(node, service, selectPods(cluster, service));
      for (const pod of cluster.guarded) addGuard(node, pod);
      return new PodNetwork(node, pods);
    } catch (error) {
      for (const namespace of made) namespace.close();
      throw error;
    }
  }

  /** Safe twice; the kernel does the same when this process dies. */
  close(): void {
    for (const namespace of this.pods.values()) namespace.close();
    this.node.close();
  }
}

function attachPod(
  node: NetworkNamespace,
  pod: NetworkNamespace,
  address: string,
  hostInterface: string,
  gateway: string,
): void {
  // The demo's cluster has one address family; without this each link would show its IPv6 neighbour discovery.
  pod.run('sysctl', '-qw', 'net.ipv6.conf.default.disable_ipv6=1');
  connectNamespaces(node, hostInterface, pod, POD_INTERFACE);
  node.run('ip', 'addr', 'add', `${gateway}/32`, 'dev', hostInterface);
  node.run('ip', 'route', 'add', `${address}/32`, 'dev', hostInterface);
  pod.run('ip', 'addr', 'add', `${address}/32`, 'dev', POD_INTERFACE);
  pod.run('ip', 'route', 'add', gateway, 'dev', POD_INTERFACE, 'scope', 'link');
  pod.run('ip', 'route', 'add', 'default', 'via', gateway);
}

/** What kube-proxy writes for a ClusterIP: endpoint i of n is taken with probability 1/(n-i). */
function addService(node: NetworkNamespace, service: DemoService, endpoints: readonly DemoPod[]): void {
  for (const port of service.spec.ports) {
    for (const [index, pod] of endpoints.entries()) {
      const share = 1 / (endpoints.length - index);
      const choice = share === 1 ? [] : ['-m', 'statistic', '--mode', 'random', '--probability', share.toFixed(5)];
      const protocol = port.protocol.toLowerCase();
      node.run(
        ...(['iptables', '-t', 'nat', '-A', 'PREROUTING', '-d', `${service.spec.clusterIP}/32`] as const),
        ...['-p', protocol, '--dport', String(port.port), ...choice],
        ...['-j', 'DNAT', '--to-destination', `${pod.status.podIP}:${port.targetPort}`],
      );
    }
  }
}

function addGuard(node: NetworkNamespace, pod: DemoPod): void {
  node.run(
    'iptables',
    '-A',
    'FORWARD',
    '-d',
    `${pod.status.podIP}/32`,
    '-m',
    'conntrack',
    '--ctstate',
    'NEW',
    '-j',
    'DROP',
  );
}
