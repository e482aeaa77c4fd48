import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import type { NetworkNamespace } from '../../../src/lib/network-namespace.ts';
import { waitFor } from '../wait-for.ts';
import { toEndText } from './tuple-text.ts';

/** A connection as conntrack-tools print it; tuples as text, `source → destination`. */
export interface TrackedConnection {
  readonly original: string;
  /** The reply tuple turned round: what the server gets. */
  readonly delivered: string;
  readonly id: string;
}

/** Events of all families and protocols; the id tells an entry from the next one with the same tuple. */
const FORMAT = ['-o', 'extended,id'];
const TUPLE_PATTERN = /src=(\S+) dst=(\S+)(?: sport=(\d+) dport=(\d+))?/g;
const ID_PATTERN = /\bid=(\d+)$/;

/** What the `conntrack` tool says of one namespace: a second opinion, read by another program and another parser. */
export class ConntrackLog {
  readonly #namespace: NetworkNamespace;
  readonly #child: ChildProcess;
  #text = '';

  private constructor(namespace: NetworkNamespace) {
    this.#namespace = namespace;
    this.#child = namespace.spawn('conntrack', ['-E', '-e', 'NEW', ...FORMAT], { stdio: ['ignore', 'pipe', 'ignore'] });
    this.#child.stdout?.on('data', (chunk: Buffer) => (this.#text += chunk.toString()));
  }

  /** Resolves when it listens: `nf_conntrack_events` is 2, so only what begins from then on has events. */
  static async start(namespace: NetworkNamespace): Promise<ConntrackLog> {
    const before = countListeners(namespace);
    const log = new ConntrackLog(namespace);
    await waitFor('conntrack -E to listen', () => countListeners(namespace) > before);
    return log;
  }

  async stop(): Promise<void> {
    if (this.#child.exitCode !== null || this.#child.signalCode !== null) return;
    this.#child.kill('SIGKILL');
    await once(this.#child, 'close');
  }

  /** Begun connections so far, in their order. */
  begun(): TrackedConnection[] {
    return parseConntrack(this.#text);
  }

  /** What is in the table now: `conntrack -L`. */
  listed(): TrackedConnection[] {
    return parseConntrack(this.#namespace.run('conntrack', '-L', ...FORMAT));
  }
}

/** Lines of `conntrack -E` or `-L`; what is no connection is left out. */
export function parseConntrack(text: string): TrackedConnection[] {
  return text.split('\n').flatMap((line) => {
    const [original, reply] = [...line.matchAll(TUPLE_PATTERN)];
    const id = ID_PATTERN.exec(line.trim())?.[1];
    if (original === undefined || reply === undefined || id === undefined) return [];
    const ends = ([, source = '', destination = '', sport, dport]: RegExpMatchArray): [string, string] => [
      toEndText(source, sport === undefined ? undefined : Number(sport)),
      toEndText(destination, dport === undefined ? undefined : Number(dport)),
    ];
    const [replySource, replyDestination] = ends(reply);
    return [{ original: ends(original).join(' → '), delivered: `${replyDestination} → ${replySource}`, id }];
  });
}

/** Rows of /proc/net/netlink of protocol 12 (netfilter) with a group mask. */
function countListeners(namespace: NetworkNamespace): number {
  const rows = namespace.run('cat', '/proc/net/netlink').split('\n').slice(1);
  const fields = rows.map((row) => row.trim().split(/\s+/));
  return fields.filter(([, protocol, , groups]) => protocol === '12' && groups !== '00000000').length;
}
