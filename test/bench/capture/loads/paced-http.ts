import { runHttpClient } from '../../../support/load.ts';
import { SERVER_ADDRESS, type NodeNetwork } from '../node-network.ts';
import type { Load, LoadResult } from './load.ts';
import { HTTP_CONNECTIONS, HTTP_PORT, withHttpServer } from './with-http-server.ts';

export interface PacedHttpOptions {
  readonly seconds: number;
  /** 0 = as many as go (closed loop). */
  readonly requestsPerSecond: number;
}

/**
 * HTTP requests over 32 kept connections at fixed times, whether or not earlier ones were answered (open loop). A
 * latency counts from the time its request was due.
 */
export function createPacedHttp(options: PacedHttpOptions): Load {
  const { seconds } = options;
  return { seconds, run: (network) => withHttpServer(network, () => runPaced(network, options)) };
}

async function runPaced({ client }: NodeNetwork, options: PacedHttpOptions): Promise<LoadResult> {
  const target = { address: SERVER_ADDRESS, port: HTTP_PORT, connections: HTTP_CONNECTIONS };
  const result = await runHttpClient(client, { ...target, ...options });
  const { secs: seconds, rps: requestsPerSecond, p50_us: p50Us, p99_us: p99Us, errors } = result;
  return { seconds, requestsPerSecond, p50Us, p99Us, errors };
}
