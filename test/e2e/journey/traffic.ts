import type { Cluster } from '../kubernetes/start-cluster.ts';
import { NAMESPACE } from './shop.ts';

/** One connection, as both ends told it; each end `address:port`. */
export interface AskedConnection {
  readonly client: string;
  /** The backend that answered. */
  readonly server: string;
  readonly bodyBytes: number;
}

/** What the client's eth0 had counted, both ways. */
export interface Reading {
  /** `quiet`: nothing was under way. */
  readonly reading: 'quiet' | 'boundary';
  readonly atMs: number;
  readonly byteCount: number;
  readonly packetCount: number;
}

/** What a client did, from its first quiet reading to its last. */
export interface ClientRun {
  readonly connections: readonly AskedConnection[];
  readonly readings: readonly Reading[];
}

export interface TrafficPlan {
  readonly url: string;
  /** Unix epoch; multiples of the interval. */
  readonly startMs: number;
  readonly endMs: number;
  /** Between an answer and the next request. */
  readonly pauseMs: number;
  readonly intervalMs: number;
}

/** Lets a client (`deployment/NAME` or `pod/NAME`) ask all the time, as image/traffic.mjs does. */
export async function runTraffic(cluster: Cluster, client: string, plan: TrafficPlan): Promise<ClientRun> {
  const { url, startMs, endMs, pauseMs, intervalMs } = plan;
  const text = await runProgram(cluster, client, 'traffic', [url, startMs, endMs, pauseMs, intervalMs]);
  const lines = text
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as Reading | AskedConnection);
  return {
    connections: lines.filter((line): line is AskedConnection => !('reading' in line)),
    readings: lines.filter((line): line is Reading => 'reading' in line),
  };
}

export interface Attempt {
  readonly address: string;
  readonly port: number;
  /** The client's own. */
  readonly localPort: number;
}

/** How long a client waits for an answer: a SYN is sent at once, after 1 s and after 3 s. */
const PATIENCE_MS = 4000;

/** Dials once; returns `connected`, an error's code, or `silence`. */
export async function dial(cluster: Cluster, client: string, attempt: Attempt): Promise<string> {
  const { address, port, localPort } = attempt;
  return (await runProgram(cluster, client, 'dial', [address, port, localPort, PATIENCE_MS])).trim();
}

/** Asks once; returns the client's own port. */
export async function askOnce(cluster: Cluster, client: string, url: string): Promise<number> {
  const text = await runProgram(cluster, client, 'http-client', [url]);
  return (JSON.parse(text) as { localPort: number }).localPort;
}

async function runProgram(
  cluster: Cluster,
  client: string,
  program: string,
  args: readonly (string | number)[],
): Promise<string> {
  const command = ['node', `/app/${program}.mjs`, ...args.map(String)];
  return cluster.kubectl(['exec', '--namespace', NAMESPACE, client, '-c', 'main', '--', ...command]);
}
