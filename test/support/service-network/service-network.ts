import { connectNamespaces, type NetworkNamespace } from '../../../src/lib/network-namespace.ts';
import { attachPod } from './attach-pod.ts';
import {
  BRIDGE_ADDRESS,
  EGRESS_IP,
  EXTERNAL_IP,
  FLOATING_IP,
  NODE_DNS_IP,
  NODE_NAMES,
  NODES,
  OUTSIDE_ADDRESS,
  POD_NAMES,
  PODS,
  ROUTER_ADDRESS,
  type NodeName,
  type PlannedPod,
  type PodName,
} from './cluster-plan.ts';
import { PROHIBITED_PORT, toNodeRules } from './cluster-services.ts';
import {
  addAddress,
  addBridge,
  addRoute,
  createNamespaces,
  HOST_BITS,
  prepareForwarding,
  SEGMENT_BITS,
} from './network-links.ts';
import { toIptables } from './to-iptables.ts';
import { toNftables } from './to-nftables.ts';

/** In what language the nodes' Service rules are written, as kube-proxy's mode says. */
export type RuleFlavour = 'iptables' | 'nftables';

/** Tools that a network needs, for `describeWithRights`. */
export const NETWORK_TOOLS = ['ip', 'iptables-restore', 'ip6tables-restore', 'nft', 'sysctl'];

const FAMILIES = ['ipv4', 'ipv6'] as const;
const BRIDGE = 'cbr0';

/**
 * Two nodes with pods and the world outside, built of network namespaces, IPv4 and IPv6; `cluster-plan.ts` has the
 * addresses, `cluster-services.ts` the Services. The nodes forward, translate by the rules of one flavour, and reach
 * each other's pods by routes without a tunnel. Everything goes with the process.
 */
export class ServiceNetwork {
  readonly flavour: RuleFlavour;
  /** A router and a host beyond it, with no rules: no connection is tracked there. */
  readonly outside: NetworkNamespace;
  readonly nodes: Readonly<Record<NodeName, NetworkNamespace>>;
  readonly pods: Readonly<Record<PodName, NetworkNamespace>>;

  private constructor(flavour: RuleFlavour, namespaces: ReadonlyMap<string, NetworkNamespace>) {
    const named = <Name extends string>(names: readonly Name[]): Record<Name, NetworkNamespace> =>
      Object.fromEntries(names.map((name) => [name, namespaces.get(name)])) as Record<Name, NetworkNamespace>;
    this.flavour = flavour;
    this.outside = named(['outside']).outside;
    this.nodes = named(NODE_NAMES);
    this.pods = named(POD_NAMES);
  }

  static async create(flavour: RuleFlavour): Promise<ServiceNetwork> {
    const network = new ServiceNetwork(flavour, await createNamespaces(['outside', ...NODE_NAMES, ...POD_NAMES]));
    try {
      network.#build();
      return network;
    } catch (error) {
      network.close();
      throw error;
    }
  }

  /** Safe twice. */
  close(): void {
    for (const namespace of [this.outside, ...Object.values(this.nodes), ...Object.values(this.pods)])
      namespace.close();
  }

  #build(): void {
    for (const namespace of [this.outside, ...Object.values(this.nodes), ...Object.values(this.pods)])
      prepareForwarding(namespace);
    this.#buildOutside();
    this.#buildNode('node-a', 'node-b');
    this.#buildNode('node-b', 'node-a');
    this.#buildBridge();
    for (const [index, name] of POD_NAMES.entries()) {
      const pod: PlannedPod = PODS[name];
      attachPod(this.nodes[pod.node], `veth${index}`, BRIDGE, this.pods[name], pod);
    }
    this.#prohibit();
    for (const name of NODE_NAMES) this.#loadRules(name);
  }

  /** A bridge stands for the segment between the nodes; the host beyond it lives on the router's loopback. */
  #buildOutside(): void {
    const { outside } = this;
    addBridge(outside, 'lan');
    for (const name of NODE_NAMES) {
      connectNamespaces(outside, name, this.nodes[name], 'eth0');
      outside.run('ip', 'link', 'set', name, 'master', 'lan');
    }
    for (const family of FAMILIES) {
      addAddress(outside, 'lan', ROUTER_ADDRESS[family], SEGMENT_BITS[family]);
      addAddress(outside, 'lo', OUTSIDE_ADDRESS[family], HOST_BITS[family]);
      const via = NODES['node-a'].address[family];
      for (const address of [EXTERNAL_IP, FLOATING_IP])
        addRoute(outside, address[family], 'via', via, 'src', OUTSIDE_ADDRESS[family]);
    }
  }

  #buildNode(name: NodeName, otherName: NodeName): void {
    const node = this.nodes[name];
    for (const family of FAMILIES) {
      addAddress(node, 'eth0', NODES[name].address[family], SEGMENT_BITS[family]);
      // Deprecated (RFC 6724), or IPv6 might choose it for what has no fixed address.
      if (name === 'node-a') addAddress(node, 'eth0', EGRESS_IP[family], HOST_BITS[family], 'preferred_lft', '0');
      // Of host scope, or masquerading would choose it as the node's address.
      addAddress(node, 'lo', NODE_DNS_IP[family], HOST_BITS[family], 'scope', 'host');
      addRoute(node, 'default', 'via', ROUTER_ADDRESS[family], 'src', NODES[name].address[family]);
      for (const pod of Object.values(PODS))
        if (pod.node === otherName) addRoute(node, pod.address[family], 'via', NODES[otherName].address[family]);
    }
  }

  #buildBridge(): void {
    const node = this.nodes['node-a'];
    addBridge(node, BRIDGE);
    for (const family of FAMILIES) addAddress(node, BRIDGE, BRIDGE_ADDRESS[family], SEGMENT_BITS[family]);
    // A bridged pod that reaches its neighbour through a Service is answered past the node's routing.
    node.run('sysctl', '-qw', 'net.bridge.bridge-nf-call-iptables=1', 'net.bridge.bridge-nf-call-ip6tables=1');
  }

  /** The pod's own firewall refuses a port by an ICMP error. */
  #prohibit(): void {
    const pod = this.pods['web-0'];
    const rule = ['-A', 'INPUT', '-p', 'tcp', '--dport', String(PROHIBITED_PORT), '-j', 'REJECT', '--reject-with'];
    pod.run('iptables', ...rule, 'icmp-admin-prohibited');
    pod.run('ip6tables', ...rule, 'icmp6-adm-prohibited');
  }

  #loadRules(name: NodeName): void {
    const node = this.nodes[name];
    const load = (command: string, text: string): string => node.run('sh', '-c', `${command} <<'END'\n${text}\nEND`);
    for (const family of FAMILIES) {
      const rules = toNodeRules(name, family);
      if (this.flavour === 'nftables') load('nft -f -', toNftables(rules));
      else load(family === 'ipv4' ? 'iptables-restore' : 'ip6tables-restore', toIptables(rules));
    }
  }
}
