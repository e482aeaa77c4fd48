import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { SERVER_ADDRESS, type NodeNetwork } from '../node-network.ts';
import type { Load, LoadResult } from './load.ts';
import { HTTP_CONNECTIONS, HTTP_PORT, withHttpServer } from './with-http-server.ts';

const SCRIPT = fileURLToPath(new URL('../../load/wrk.lua', import.meta.url));

export interface WrkOptions {
  readonly seconds: number;
  /** A new connection for each request, or the same ones all the time. */
  readonly connection: 'close' | 'keep-alive';
}

interface WrkSummary {
  readonly rps: number;
  readonly p50_us: number;
  readonly p99_us: number;
  readonly errors: number;
}

/** As many HTTP requests as go over 32 connections (closed loop). */
export function createWrkLoad(options: WrkOptions): Load {
  const { seconds } = options;
  return { seconds, run: (network) => withHttpServer(network, () => runWrk(network, options)) };
}

async function runWrk({ client }: NodeNetwork, { seconds, connection }: WrkOptions): Promise<LoadResult> {
  const close = connection === 'close' ? ['-H', 'Connection: close'] : [];
  const shape = ['-t1', `-c${HTTP_CONNECTIONS}`, `-d${seconds}s`, '--timeout', '5s'];
  const argv = [...shape, ...close, '-s', SCRIPT, `http://${SERVER_ADDRESS}:${HTTP_PORT}/`];
  const wrk = client.spawn('wrk', argv, { stdio: ['ignore', 'ignore', 'pipe'] });
  let said = '';
  wrk.stderr?.on('data', (chunk: Buffer) => (said += chunk.toString()));
  const [code] = (await once(wrk, 'close')) as [number | null];
  if (code !== 0) throw new Error(`wrk ended with ${code}: ${said}`);
  const { rps, p50_us: p50Us, p99_us: p99Us, errors } = JSON.parse(said) as WrkSummary;
  return { seconds, requestsPerSecond: rps, p50Us, p99Us, errors };
}
