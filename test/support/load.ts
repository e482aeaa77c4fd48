import { execFileSync, type ChildProcess, type StdioOptions } from 'node:child_process';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { existsSync, mkdirSync, readFileSync, renameSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { NetworkNamespace } from '../../src/lib/network-namespace.ts';

const SOURCE = new URL('../bench/load/load.c', import.meta.url);

/** Compiles the load generator once for each version of its source, outside the checkout; returns its path. */
export function buildLoad(): string {
  const source = readFileSync(SOURCE);
  const folder = join(tmpdir(), 'podflow-load');
  const binary = join(folder, createHash('sha256').update(source).digest('hex').slice(0, 16));
  if (existsSync(binary)) return binary;
  mkdirSync(folder, { recursive: true });
  const unfinished = `${binary}.${process.pid}`;
  execFileSync('cc', ['-O2', '-Wall', '-o', unfinished, '-x', 'c', '-'], { input: source });
  renameSync(unfinished, binary);
  return binary;
}

export interface Flood {
  readonly destination: string;
  /** Flows = source ports × destination ports, visited round robin. */
  readonly sourcePorts: number;
  readonly destinationPorts: number;
  /** 0 = as fast as it goes. */
  readonly packetsPerSecond: number;
  readonly seconds: number;
  readonly payloadBytes: number;
  /** How many times in the run the source ports are replaced by others. */
  readonly blocks?: number;
}

export interface FloodResult {
  readonly sent: number;
  readonly failed: number;
  readonly pps: number;
  readonly flows: number;
  readonly secs: number;
  readonly cpu_s: number;
}

export interface HttpLoad {
  readonly address: string;
  readonly port: number;
  readonly connections: number;
  /** Sent at fixed times (open loop); 0 = as many as go (closed loop). */
  readonly requestsPerSecond: number;
  readonly seconds: number;
}

/** Latencies count from the time a request was due. */
export interface HttpLoadResult {
  readonly requests: number;
  readonly secs: number;
  readonly rps: number;
  readonly p50_us: number;
  readonly p99_us: number;
  readonly max_us: number;
  readonly errors: number;
  readonly cpu_s: number;
}

/** Starts a sink that binds the flood's destination ports and reads nothing; resolves when it is ready. */
export async function startSink(namespace: NetworkNamespace, address: string, ports: number): Promise<ChildProcess> {
  return untilReady(namespace.spawn(buildLoad(), ['sink', address, String(ports)], { stdio: READY_STDIO }));
}

/** Starts a small HTTP server; resolves when it listens. */
export async function startHttpServer(
  namespace: NetworkNamespace,
  address: string,
  port: number,
  bodyBytes: number,
): Promise<ChildProcess> {
  const args = ['httpd', address, String(port), String(bodyBytes)];
  return untilReady(namespace.spawn(buildLoad(), args, { stdio: READY_STDIO }));
}

/** Sends UDP datagrams as the flood says and resolves with what it reports. */
export async function runFlood(namespace: NetworkNamespace, flood: Flood): Promise<FloodResult> {
  const { destination, sourcePorts, destinationPorts, packetsPerSecond, seconds, payloadBytes, blocks = 1 } = flood;
  const numbers = [sourcePorts, destinationPorts, packetsPerSecond, seconds, payloadBytes, blocks].map(String);
  return JSON.parse(
    await outputOf(namespace.spawn(buildLoad(), ['flood', destination, ...numbers], { stdio: READY_STDIO })),
  ) as FloodResult;
}

/** Sends HTTP requests over kept connections and resolves with what the client reports. */
export async function runHttpClient(namespace: NetworkNamespace, load: HttpLoad): Promise<HttpLoadResult> {
  const numbers = [load.port, load.connections, load.requestsPerSecond, load.seconds].map(String);
  return JSON.parse(
    await outputOf(namespace.spawn(buildLoad(), ['httpc', load.address, ...numbers], { stdio: READY_STDIO })),
  ) as HttpLoadResult;
}

export interface ConnectionLoad {
  readonly address: string;
  readonly port: number;
  /** New connections, begun at fixed times (open loop), each for one request. */
  readonly connectionsPerSecond: number;
  readonly seconds: number;
}

export interface ConnectionLoadResult {
  readonly connections: number;
  readonly secs: number;
  readonly cps: number;
  readonly errors: number;
  readonly cpu_s: number;
}

/** Opens connections, sends a request over each and resolves with what the client reports. */
export async function runConnections(namespace: NetworkNamespace, load: ConnectionLoad): Promise<ConnectionLoadResult> {
  const numbers = [load.port, load.connectionsPerSecond, load.seconds].map(String);
  return JSON.parse(
    await outputOf(namespace.spawn(buildLoad(), ['connc', load.address, ...numbers], { stdio: READY_STDIO })),
  ) as ConnectionLoadResult;
}

/** All that a process prints; rejects when it fails. */
export async function outputOf(child: ChildProcess): Promise<string> {
  let text = '';
  child.stdout?.on('data', (chunk: Buffer) => (text += chunk.toString()));
  const [code] = (await once(child, 'close')) as [number | null];
  if (code !== 0) throw new Error(`the load ended with ${code}: ${text}`);
  return text;
}

const READY_STDIO: StdioOptions = ['ignore', 'pipe', 'inherit'];

async function untilReady(child: ChildProcess): Promise<ChildProcess> {
  if (child.stdout === null) throw new Error('the load has no stdout');
  await once(child.stdout, 'data');
  return child;
}
