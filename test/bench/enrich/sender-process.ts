/**
 * Sends flow records as a Collector in front of the enrichment service does, in a process of its own: requests are made
 * before the clock runs, then sent over a few connections, each answered before it counts. Told what to send by
 * messages, answers each with what came of it.
 */
import { Agent, request } from 'node:http';
import { gzipSync } from 'node:zlib';
import { LogsRequestEncoder } from '../../../src/otlp/logs-request-encoder.ts';
import { podNode, BENCH_PAIRS } from './bench-cluster.ts';
import { createBenchRecord } from './bench-records.ts';

export interface SendOrder {
  readonly url: string;
  /** Connections told, each by one record or by two. */
  readonly connections: number;
  readonly sides: readonly ('client' | 'server')[];
  /** End of the interval that they are of, nanoseconds since the epoch. */
  readonly intervalEndNs: number;
  readonly inFlight: number;
}

export interface SendResult {
  readonly records: number;
  readonly requests: number;
  /** Bytes of the requests before compression. */
  readonly bytes: number;
  readonly seconds: number;
  readonly statuses: Readonly<Record<string, number>>;
}

const REQUEST_RECORDS = 1_000;
/** What a Collector compresses with unless told otherwise. */
const GZIP_LEVEL = 6;

let bodies: Buffer[] = [];
let plainBytes = 0;

function prepare({ connections, sides, intervalEndNs }: SendOrder): void {
  bodies = [];
  plainBytes = 0;
  for (let at = 0; at < connections; at += REQUEST_RECORDS) {
    for (const side of sides) {
      const pair = BENCH_PAIRS[at % BENCH_PAIRS.length]!;
      const node = podNode(side === 'client' ? pair.client : pair.server);
      const resource = new Map([
        ['service.name', 'podflow'],
        ['service.version', '1'],
        ['host.name', node],
        ['k8s.node.name', node],
        ['k8s.cluster.name', 'bench'],
      ]);
      const encoder = new LogsRequestEncoder(resource, '1');
      for (let i = at; i < Math.min(at + REQUEST_RECORDS, connections); i++)
        encoder.append(createBenchRecord(i, side, intervalEndNs), intervalEndNs);
      const plain = encoder.finish();
      plainBytes += plain.length;
      bodies.push(gzipSync(plain, { level: GZIP_LEVEL }));
    }
  }
}

async function send({ url, connections, sides, inFlight }: SendOrder): Promise<SendResult> {
  const agent = new Agent({ keepAlive: true, maxSockets: inFlight });
  const statuses: Record<string, number> = {};
  const startMs = performance.now();
  let next = 0;
  const work = async (): Promise<void> => {
    for (let index = next++; index < bodies.length; index = next++) {
      const status = await post(url, bodies[index]!, agent);
      statuses[status] = (statuses[status] ?? 0) + 1;
    }
  };
  await Promise.all(Array.from({ length: inFlight }, work));
  const seconds = (performance.now() - startMs) / 1e3;
  agent.destroy();
  return { records: connections * sides.length, requests: bodies.length, bytes: plainBytes, seconds, statuses };
}

function post(url: string, body: Buffer, agent: Agent): Promise<number> {
  const headers = {
    'content-type': 'application/x-protobuf',
    'content-encoding': 'gzip',
    'content-length': body.length,
  };
  return new Promise((resolve, reject) => {
    const call = request(`${url}/v1/logs`, { method: 'POST', agent, headers }, (response) => {
      response.resume().once('end', () => resolve(response.statusCode ?? 0));
    });
    call.once('error', reject).end(body);
  });
}

process.on('message', (message: { prepare?: SendOrder; send?: SendOrder }) => {
  if (message.prepare !== undefined) {
    prepare(message.prepare);
    process.send?.('prepared');
  } else if (message.send !== undefined) void send(message.send).then((result) => process.send?.(result));
});
process.on('disconnect', () => process.exit(0));
// An interrupt from the terminal reaches the bench too, which ends this process when it is done with it.
process.on('SIGINT', () => undefined);
