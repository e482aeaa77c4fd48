import { connectNamespaces, type NetworkNamespace } from '../../../src/lib/network-namespace.ts';
import { BRIDGE_ADDRESS, type DualStack, type Family, type PlannedPod } from './cluster-plan.ts';
import { addAddress, addRoute, HOST_BITS, SEGMENT_BITS } from './network-links.ts';

/** Next hop and link address of every routed pod, as Calico has them. */
const POD_GATEWAY: DualStack = { ipv4: '169.254.1.1', ipv6: 'fe80::1' };
const GATEWAY_LINK_ADDRESS = 'ee:ee:ee:ee:ee:ee';

/** Gives a pod its `eth0`, the other end of which is `hostSide` on its node: a route to it, or a port of `bridge`. */
export function attachPod(
  node: NetworkNamespace,
  hostSide: string,
  bridge: string,
  namespace: NetworkNamespace,
  pod: PlannedPod,
): void {
  connectNamespaces(node, hostSide, namespace, 'eth0');
  if (pod.link === 'bridged') {
    node.run('ip', 'link', 'set', hostSide, 'master', bridge);
    // A pod that reaches itself through a Service gets its packets back through the port they came from.
    node.run('ip', 'link', 'set', hostSide, 'type', 'bridge_slave', 'hairpin', 'on');
  } else node.run('ip', 'link', 'set', hostSide, 'address', GATEWAY_LINK_ADDRESS);
  for (const family of ['ipv4', 'ipv6'] as const)
    if (pod.link === 'bridged') joinBridge(namespace, pod, family);
    else routePod(node, hostSide, namespace, pod, family);
}

function joinBridge(namespace: NetworkNamespace, pod: PlannedPod, family: Family): void {
  addAddress(namespace, 'eth0', pod.address[family], SEGMENT_BITS[family]);
  addRoute(namespace, 'default', 'via', BRIDGE_ADDRESS[family]);
}

function routePod(
  node: NetworkNamespace,
  hostSide: string,
  namespace: NetworkNamespace,
  pod: PlannedPod,
  family: Family,
): void {
  const gateway = POD_GATEWAY[family];
  addAddress(namespace, 'eth0', pod.address[family], HOST_BITS[family]);
  namespace.run('ip', 'neigh', 'add', gateway, 'lladdr', GATEWAY_LINK_ADDRESS, 'dev', 'eth0', 'nud', 'permanent');
  addRoute(namespace, 'default', 'via', gateway, 'dev', 'eth0', 'onlink');
  addRoute(node, pod.address[family], 'dev', hostSide);
}
