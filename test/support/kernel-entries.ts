import type { NetworkNamespace } from '../../src/lib/network-namespace.ts';
import type { ConntrackMirror } from '../../src/nat/conntrack-mirror.ts';
import { lookUp } from './nat-table.ts';

/** What `conntrack -L` prints of an entry with ports, in the notation of `tupleOf`. */
export interface ListedEntry {
  readonly protocol: number;
  readonly original: string;
  readonly delivered: string;
}

const LINE =
  /^ipv[46] +\d+ \w+ +(\d+) .*?src=(\S+) dst=(\S+) sport=(\d+) dport=(\d+) .*?src=(\S+) dst=(\S+) sport=(\d+) dport=(\d+) /;

/** The entries of a namespace as the conntrack program tells them; those without ports are left out. */
export function listKernelEntries(namespace: NetworkNamespace): ListedEntry[] {
  const text = ['ipv4', 'ipv6']
    .map((family) => namespace.run('conntrack', '-L', '-f', family, '-o', 'extended'))
    .join('');
  return text.split('\n').flatMap((line) => {
    const [, protocol, source, destination, sport, dport, replySource, replyDestination, replySport, replyDport] =
      LINE.exec(line) ?? [];
    if (protocol === undefined) return [];
    const end = (address = '', port = ''): string =>
      address.includes(':') ? `[${address}]:${port}` : `${address}:${port}`;
    return {
      protocol: Number(protocol),
      original: `${end(source, sport)}>${end(destination, dport)}`,
      delivered: `${end(replyDestination, replyDport)}>${end(replySource, replySport)}`,
    };
  });
}

/** How many entries a namespace has. */
export function countKernelEntries(namespace: NetworkNamespace): number {
  return Number(namespace.run('conntrack', '-C'));
}

/**
 * What a mirror says otherwise than the kernel: empty when it holds exactly the kernel's entries. Entries that end
 * while this looks are a difference, so nothing may be going on.
 */
export function findDifferences(namespace: NetworkNamespace, mirror: ConntrackMirror): string[] {
  const listed = listKernelEntries(namespace);
  const { entries, endedEntries } = mirror.counters();
  const nowMs = performance.now();
  const wrong = listed.flatMap(({ protocol, original, delivered }) => {
    const found = lookUp(mirror, original, { protocol, startMs: nowMs });
    const told = found?.isTranslated === true ? found.other : found === undefined ? 'nothing' : original;
    return told === delivered ? [] : [`${protocol} ${original}: ${delivered}, but the mirror says ${told}`];
  });
  const live = entries - endedEntries;
  return live === countKernelEntries(namespace)
    ? wrong
    : [`${live} entries, the kernel has ${listed.length}`, ...wrong];
}
