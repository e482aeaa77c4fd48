import { setTimeout as delay } from 'node:timers/promises';
import type { NetworkNamespace } from '../../../src/lib/network-namespace.ts';
import type { SocketAddress } from '../namespace-socket.ts';
import { NODE_DNS_IP, OUTSIDE_ADDRESS, POD_NAMES, PODS, type PodName } from '../service-network/cluster-plan.ts';
import { DNS_PORT, GUARDED_PORT, PROHIBITED_PORT, SERVER_PORT } from '../service-network/cluster-services.ts';
import { dial, Dial, type Dialled, type DialOptions } from '../service-network/dial.ts';
import { EchoServers } from '../service-network/echo-servers.ts';
import type { ServiceNetwork } from '../service-network/service-network.ts';
import type { NatCase } from './nat-cases.ts';
import { toTupleText } from './tuple-text.ts';

/** One connection as the sockets of its two ends tell it; tuples as text. */
export interface Conversation {
  readonly dialled: string;
  /** By the server's own socket; undefined when there is none (refused, or ICMP). */
  readonly served: string | undefined;
  readonly servedBy: string | undefined;
  readonly outcome: string;
}

const REUSED_PORT = { 'reused port': 21_001, 'reused at once': 21_002 };
/** Longer than an interval: connections with one tuple within an interval share a record. */
const REUSE_DELAY_MS = 1_300;
/** Linux sends a SYN again after 1 s. */
const TIMEOUT_MS = 1_300;

/** Servers on all hosts of a network, and the clients of the cases. */
export class NatTraffic {
  readonly #network: ServiceNetwork;
  readonly #servers: EchoServers[] = [];
  readonly #early = new Map<NatCase, Dial>();

  private constructor(network: ServiceNetwork) {
    this.#network = network;
  }

  static async start(network: ServiceNetwork): Promise<NatTraffic> {
    const traffic = new NatTraffic(network);
    const tcpPorts = [SERVER_PORT.tcp, PROHIBITED_PORT, GUARDED_PORT];
    const at = (addresses: { ipv4: string; ipv6: string }, port: number): SocketAddress[] =>
      Object.values(addresses).map((address) => ({ address, port }));
    for (const name of POD_NAMES)
      await traffic.#serve(name, network.pods[name], tcpPorts, at(PODS[name].address, SERVER_PORT.dns));
    await traffic.#serve('outside', network.outside, [SERVER_PORT.tcp], []);
    await traffic.#serve('node-a', network.nodes['node-a'], [], at(NODE_DNS_IP, DNS_PORT));
    return traffic;
  }

  /** To be called before anything is observed. */
  async openEarly(cases: readonly NatCase[]): Promise<void> {
    for (const natCase of cases)
      if (natCase.way === 'opened before') this.#early.set(natCase, await Dial.open(this.#toOptions(natCase)));
  }

  /** Makes the connections of a case, each after the other. */
  async run(natCase: NatCase): Promise<Conversation[]> {
    const { way, protocol } = natCase;
    if (way === 'opened before') return [await this.#useEarly(natCase)];
    if (way === 'forgotten at once') return [await this.#forgotten(natCase)];
    if (protocol === 'icmp') return [this.#ping(natCase)];
    if (way === 'reused port') return this.#reused(natCase, REUSED_PORT[way], REUSE_DELAY_MS);
    if (way === 'reused at once') return this.#reused(natCase, REUSED_PORT[way], 0);
    const conversations = [await this.#once(natCase)];
    if (way === 'four to one backend') for (let i = 0; i < 3; i++) conversations.push(await this.#once(natCase));
    return conversations;
  }

  close(): void {
    for (const connection of this.#early.values()) connection.close();
    for (const servers of this.#servers) servers.close();
  }

  async #serve(
    host: string,
    namespace: NetworkNamespace,
    tcpPorts: readonly number[],
    dns: readonly SocketAddress[],
  ): Promise<void> {
    this.#servers.push(await EchoServers.start({ host, namespace, tcpPorts, dns }));
  }

  async #once(natCase: NatCase): Promise<Conversation> {
    return toConversation(await dial(this.#toOptions(natCase)));
  }

  async #leaving(natCase: NatCase, port: number): Promise<Dialled> {
    const from = { address: wildcard(natCase), port };
    const connection = await Dial.open({ ...this.#toOptions(natCase), from });
    await connection.leave();
    return connection.result;
  }

  async #reused(natCase: NatCase, port: number, pauseMs: number): Promise<Conversation[]> {
    const first = await this.#leaving(natCase, port);
    await delay(pauseMs);
    return [first, await this.#leaving(natCase, port)].map(toConversation);
  }

  async #useEarly(natCase: NatCase): Promise<Conversation> {
    const connection = this.#early.get(natCase);
    if (connection === undefined || !(await connection.echo('still there?')))
      throw new RangeError('the connection opened before is not there');
    return toConversation(connection.result);
  }

  async #forgotten(natCase: NatCase): Promise<Conversation> {
    const result = await this.#leaving(natCase, 0);
    const { address, port } = result.client;
    const which = ['-f', natCase.family, '-p', 'tcp', '-s', address, '--orig-port-src', String(port)];
    this.#network.nodes['node-a'].run('conntrack', '-D', ...which);
    return toConversation(result);
  }

  #ping({ from, to, family }: NatCase): Conversation {
    this.#network.pods[from as PodName].run('ping', '-c', '1', '-W', '1', to.address);
    const dialled = `${PODS[from as PodName].address[family]} → ${to.address}`;
    return { dialled, served: undefined, servedBy: undefined, outcome: 'answered' };
  }

  #toOptions(natCase: NatCase): DialOptions {
    const { from, to, family, protocol } = natCase;
    const { outside, nodes, pods } = this.#network;
    const namespaces: Readonly<Record<string, NetworkNamespace>> = { outside, ...nodes, ...pods };
    return {
      namespacePath: namespaces[from]?.path ?? '',
      protocol: protocol === 'udp' ? 'udp' : 'tcp',
      to,
      timeoutMs: TIMEOUT_MS,
      ...(from === 'outside' && { from: { address: OUTSIDE_ADDRESS[family], port: 0 } }),
    };
  }
}

function wildcard({ family }: NatCase): string {
  return family === 'ipv4' ? '0.0.0.0' : '::';
}

function toConversation({ client, to, seen, outcome }: Dialled): Conversation {
  const served = seen === undefined ? undefined : toTupleText(seen.peer, seen.local);
  return { dialled: toTupleText(client, to), served, servedBy: seen?.host, outcome };
}
