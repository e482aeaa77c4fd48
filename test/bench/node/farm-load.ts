import type { ChildProcess } from 'node:child_process';
import { runConnections, startHttpServer } from '../../support/load.ts';
import type { FarmPod, PodFarm } from './pod-farm.ts';

const PORT = 8080;
const BODY_BYTES = 200;

type PodPair = readonly [client: FarmPod, server: FarmPod];

export interface FarmLoadResult {
  readonly connections: number;
  readonly connectionsPerSecond: number;
  readonly errors: number;
  readonly cpuSecondsPerSecond: number;
}

/** The first half of the pods are clients, each of one of the other half. */
export class FarmLoad {
  readonly #pairs: readonly PodPair[];
  readonly #servers: readonly ChildProcess[];

  private constructor(pairs: readonly PodPair[], servers: readonly ChildProcess[]) {
    this.#pairs = pairs;
    this.#servers = servers;
  }

  static async start({ pods }: PodFarm): Promise<FarmLoad> {
    const half = Math.floor(pods.length / 2);
    const pairs = pods.slice(0, half).flatMap((client, i) => {
      const server = pods[half + i];
      return server === undefined ? [] : [[client, server] as const];
    });
    const servers: ChildProcess[] = [];
    for (const [, { namespace, address }] of pairs)
      servers.push(await startHttpServer(namespace, address, PORT, BODY_BYTES));
    return new FarmLoad(pairs, servers);
  }

  /** Opens TCP connections at fixed times, in sum so many a second; a request and its answer over each. */
  async run(connectionsPerSecond: number, seconds: number): Promise<FarmLoadResult> {
    const each = connectionsPerSecond / this.#pairs.length;
    const results = await Promise.all(
      this.#pairs.map(([client, { address }]) =>
        runConnections(client.namespace, { address, port: PORT, connectionsPerSecond: each, seconds }),
      ),
    );
    const sum = (read: (result: (typeof results)[number]) => number): number =>
      results.reduce((total, result) => total + read(result), 0);
    return {
      connections: sum(({ connections }) => connections),
      connectionsPerSecond: Math.round(sum(({ cps }) => cps)),
      errors: sum(({ errors }) => errors),
      cpuSecondsPerSecond: sum(({ cpu_s }) => cpu_s) / seconds,
    };
  }

  stop(): void {
    for (const server of this.#servers) server.kill();
  }
}
