import type { ChildProcess } from 'node:child_process';
import { setTimeout as delay } from 'node:timers/promises';
import { spawnBound } from '../lib/network-namespace.ts';
import { PodflowError } from '../lib/podflow-error.ts';
import { ConntrackEntry } from './conntrack-entry.ts';
import { ConntrackListener, LAG_MS } from './conntrack-listener.ts';
import type { ConntrackEvents, ConntrackSource, DumpOutcome } from './conntrack-source.ts';
import { forEachLine } from './for-each-line.ts';
import { AddressParser } from './parse-address.ts';
import { parseConntrackLine } from './parse-conntrack-line.ts';

export interface CommandSourceOptions {
  /** Network namespace whose entries are read, entered by nsenter; undefined for the own one. */
  readonly namespacePath: string | undefined;
  readonly receiveBufferBytes: number;
}

/**
 * Hears of conntrack entries through the `conntrack` program (conntrack-tools), for where this process may not use
 * netlink but the program may. It says so when events were lost, or ends: both are told, and it is started anew.
 *
 * It costs several times what netlink costs, and loses events sooner: conntrack-tools 1.4.7 gives `--buffer-size` to a
 * socket other than the one that it reads events from, which keeps net.core.rmem_default.
 */
export class CommandConntrackSource implements ConntrackSource {
  readonly name = 'command';
  readonly #options: CommandSourceOptions;
  readonly #addresses = new AddressParser();
  #listener: ConntrackListener | undefined;

  constructor(options: CommandSourceOptions) {
    this.#options = options;
  }

  get toldUntilMs(): number {
    return performance.now() - LAG_MS;
  }

  /** @throws PodflowError CONNTRACK_UNAVAILABLE */
  async start(events: ConntrackEvents): Promise<void> {
    await this.stop();
    const args = ['-E', '-e', 'NEW,DESTROY', '-o', 'id,extended,timestamp'];
    const buffer = ['-b', String(this.#options.receiveBufferBytes)];
    const listener = new ConntrackListener(() => this.#spawn([...args, ...buffer]), this.#addresses, events);
    this.#listener = listener;
    const problem = await listener.start();
    if (problem === undefined) return;
    await this.stop();
    throw new PodflowError('CONNTRACK_UNAVAILABLE', { source: 'command', reason: problem });
  }

  async dump(take: (entry: ConntrackEntry) => void): Promise<DumpOutcome> {
    const listener = this.#listener;
    if (listener === undefined) return 'failed';
    for (const family of ['ipv4', 'ipv6']) {
      const isComplete = await this.#list(family, take, listener);
      if (!isComplete || listener !== this.#listener) return 'failed';
    }
    return 'complete';
  }

  async settle(): Promise<void> {
    await this.#listener?.whenListening();
    await delay(LAG_MS);
  }

  /** Nothing can be read before the event loop gets it. */
  catchUp(): void {}

  async stop(): Promise<void> {
    this.#listener?.close();
    this.#listener = undefined;
  }

  #spawn(args: readonly string[]): ChildProcess {
    const { namespacePath } = this.#options;
    const enter = namespacePath === undefined ? [] : ['nsenter', `--net=${namespacePath}`];
    return spawnBound([...enter, 'conntrack', ...args], { stdio: ['ignore', 'pipe', 'pipe'] });
  }

  async #list(family: string, take: (entry: ConntrackEntry) => void, listener: ConntrackListener): Promise<boolean> {
    const child = this.#spawn(['-L', '-f', family, '-o', 'id,extended']);
    listener.own(child);
    child.stderr?.resume();
    const entry = new ConntrackEntry();
    forEachLine(child.stdout, (line) => {
      if (parseConntrackLine(line, entry, this.#addresses) === 'entry') take(entry);
      else listener.events.malformed();
    });
    return new Promise((resolve) => {
      child.on('error', () => resolve(false));
      child.on('close', (code) => resolve(code === 0));
    });
  }
}
