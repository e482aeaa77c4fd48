import { NetworkNamespace } from '../../../src/lib/network-namespace.ts';

/** Prefix lengths of one address, and of the networks here. */
export const HOST_BITS = { ipv4: 32, ipv6: 128 } as const;
export const SEGMENT_BITS = { ipv4: 24, ipv6: 64 } as const;

/** Makes several namespaces; none stays behind when one cannot be made. */
export async function createNamespaces(names: readonly string[]): Promise<ReadonlyMap<string, NetworkNamespace>> {
  const results = await Promise.allSettled(names.map((name) => NetworkNamespace.create(name)));
  const made = results.flatMap((result) => (result.status === 'fulfilled' ? [result.value] : []));
  const failed = results.find((result) => result.status === 'rejected');
  if (failed === undefined) return new Map(made.map((namespace) => [namespace.name, namespace]));
  for (const namespace of made) namespace.close();
  throw failed.reason;
}

/** Forwards, and has addresses at once. */
export function prepareForwarding(namespace: NetworkNamespace): void {
  const ipv6 = ['all', 'default'].flatMap((scope) => [
    `net.ipv6.conf.${scope}.accept_dad=0`,
    `net.ipv6.conf.${scope}.router_solicitations=0`,
    `net.ipv6.conf.${scope}.forwarding=1`,
  ]);
  const ipv4 = ['all', 'default'].map((scope) => `net.ipv4.conf.${scope}.rp_filter=0`);
  namespace.run('sysctl', '-qw', 'net.ipv4.ip_forward=1', ...ipv4, ...ipv6);
}

export function addBridge(namespace: NetworkNamespace, name: string): void {
  namespace.run('ip', 'link', 'add', name, 'type', 'bridge', 'stp_state', '0', 'forward_delay', '0');
  namespace.run('ip', 'link', 'set', name, 'up');
}

export function addAddress(
  namespace: NetworkNamespace,
  link: string,
  address: string,
  bits: number,
  ...more: readonly string[]
): void {
  namespace.run('ip', 'addr', 'add', `${address}/${bits}`, 'dev', link, ...more);
}

export function addRoute(namespace: NetworkNamespace, to: string, ...hop: readonly string[]): void {
  const isIpv6 = [to, ...hop].some((word) => word.includes(':'));
  namespace.run('ip', isIpv6 ? '-6' : '-4', 'route', 'add', to, ...hop);
}
