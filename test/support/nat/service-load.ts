import type { ChildProcess } from 'node:child_process';
import { setTimeout as delay } from 'node:timers/promises';
import { runFlood, startSink, type FloodResult } from '../load.ts';
import { waitFor } from '../wait-for.ts';
import { PODS, type PodName } from '../service-network/cluster-plan.ts';
import { SERVER_PORT, SERVICES } from '../service-network/cluster-services.ts';
import { Dial } from '../service-network/dial.ts';
import { EchoServers } from '../service-network/echo-servers.ts';
import type { ServiceNetwork } from '../service-network/service-network.ts';

export const LOAD_CLIENT = 'client';
export const LOAD_SERVERS = ['web-0', 'web-1'] as const satisfies readonly PodName[];
/** The pods that a load is seen at. */
export const LOAD_PODS: readonly PodName[] = [LOAD_CLIENT, ...LOAD_SERVERS];

const ECHO_EVERY_MS = 200;

/** Load from one pod through the Services of a network, IPv4: many short flows, and one connection that stays. */
export class ServiceLoad {
  readonly #network: ServiceNetwork;
  readonly #sinks: ChildProcess[] = [];
  readonly #echo: EchoServers;
  readonly #kept: Dial;
  #isClosed = false;
  #isTalking = false;
  readonly #talk: Promise<void>;
  /** How often the connection that stays was used without an answer. */
  unanswered = 0;

  private constructor(network: ServiceNetwork, echo: EchoServers, kept: Dial) {
    this.#network = network;
    this.#echo = echo;
    this.#kept = kept;
    this.#talk = this.#talkOn();
  }

  static async start(network: ServiceNetwork): Promise<ServiceLoad> {
    const plan = { host: 'web-0', namespace: network.pods['web-0'], tcpPorts: [SERVER_PORT.tcp], dns: [] };
    const echo = await EchoServers.start(plan);
    const { clusterIp, protocol, port } = SERVICES.self;
    const to = { address: clusterIp.ipv4, port };
    const kept = await Dial.open({ namespacePath: network.pods[LOAD_CLIENT].path, protocol, to });
    const load = new ServiceLoad(network, echo, kept);
    for (const name of LOAD_SERVERS) load.#sinks.push(await startSink(network.pods[name], PODS[name].address.ipv4, 1));
    return load;
  }

  /** UDP to a Service with two backends: `flowsPerSecond` new flows a second, of `packets` packets each. */
  flood(flowsPerSecond: number, seconds: number, packets = 1): Promise<FloodResult> {
    return runFlood(this.#network.pods[LOAD_CLIENT], {
      destination: SERVICES.flood.clusterIp.ipv4,
      sourcePorts: flowsPerSecond,
      destinationPorts: 1,
      packetsPerSecond: flowsPerSecond * packets,
      seconds,
      payloadBytes: 64,
      blocks: seconds,
    });
  }

  /** The connection that stays, as its two sockets have it. */
  get kept(): Dial['result'] {
    return this.#kept.result;
  }

  /** Does it while nothing is under way on the connection that stays. */
  async whileQuiet(work: () => void): Promise<void> {
    await waitFor('the connection to be quiet', () => !this.#isTalking);
    work();
  }

  /** The connection that stays comes to a proper end, so that nothing of it is sent again later. */
  async close(): Promise<void> {
    this.#isClosed = true;
    await this.#talk;
    await this.#kept.leave();
    this.#echo.close();
    for (const sink of this.#sinks) sink.kill('SIGKILL');
  }

  async #talkOn(): Promise<void> {
    for (let i = 0; !this.#isClosed; i++) {
      this.#isTalking = true;
      if (!(await this.#kept.echo(`message ${i}`))) this.unanswered++;
      this.#isTalking = false;
      await delay(ECHO_EVERY_MS);
    }
  }
}
