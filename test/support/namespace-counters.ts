import type { NetworkNamespace } from '../../src/lib/network-namespace.ts';

/**
 * What the kernel itself counts in a network namespace: `Udp.RcvbufErrors` and the like of /proc/net/snmp and netstat,
 * which are pairs of lines, of names and of values.
 */
export function readNamespaceCounters(namespace: NetworkNamespace): ReadonlyMap<string, number> {
  const lines = namespace.run('cat', '/proc/net/snmp', '/proc/net/netstat').trim().split('\n');
  const counters = new Map<string, number>();
  for (let i = 0; i + 1 < lines.length; i += 2) {
    const [group = '', ...names] = (lines[i] ?? '').split(/\s+/);
    const [, ...values] = (lines[i + 1] ?? '').split(/\s+/);
    names.forEach((name, at) => counters.set(`${group.slice(0, -1)}.${name}`, Number(values[at])));
  }
  return counters;
}

/** Packets that the rules of an iptables chain met, summed. */
export function readRulePackets(namespace: NetworkNamespace, command: 'iptables' | 'ip6tables', chain: string): number {
  const lines = namespace.run(command, '-w', '-nvxL', chain).trim().split('\n').slice(2);
  return lines.reduce((sum, line) => sum + Number(line.trim().split(/\s+/)[0]), 0);
}
