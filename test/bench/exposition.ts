import { spawn, type ChildProcess } from 'node:child_process';
import { createServer } from 'node:http';
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { Registry } from 'prom-client';
import { createMetricsHandler } from '../../src/prometheus/metrics-handler.ts';
import { PairCounters } from '../../src/prometheus/pair-counters.ts';
import { SILENT_LOG } from '../../src/lib/log.ts';
import type { FlowRecord } from '../../src/model/flow-record.ts';
import { createSampleRecord } from '../support/otlp-sample-records.ts';
import { atMost } from './support/goal.ts';
import { readMachine } from './support/machine.ts';
import { toSpread } from './support/spread.ts';

/**
 * Cost of the pair counters: what a record costs, and a scrape of 10,000 TCP pairs (100,000 series) over loopback by
 * a client in a process of its own, plain and gzipped. `node test/bench/exposition.ts` prints one JSON document.
 */
const PAIRS = 10_000;
const ROUNDS = 7;
const PASSES = 20;
/** HELP and TYPE of seven families, and the empty registry's line feed. */
const LINES_WITHOUT_SERIES = 15;

const CLIENT = `
const http = require('node:http');
const agent = new http.Agent({ keepAlive: true });
process.on('message', (encoding) => {
  const headers = encoding === 'gzip' ? { 'accept-encoding': 'gzip' } : {};
  http.get({ host: '127.0.0.1', port: process.env.SCRAPE_PORT, path: '/metrics', agent, headers }, (response) => {
    let byteCount = 0;
    let lines = 0;
    response.on('data', (chunk) => {
      byteCount += chunk.length;
      if (encoding === 'plain') for (let at = chunk.indexOf(10); at >= 0; at = chunk.indexOf(10, at + 1)) lines++;
    });
    response.on('end', () => process.send({ byteCount, lines }));
  });
});`;

interface Scrape {
  readonly ms: number;
  readonly blockMs: number;
  readonly byteCount: number;
  readonly lines: number;
}

function createPairRecords(): FlowRecord[] {
  return Array.from({ length: PAIRS }, (_, i) =>
    createSampleRecord(i, { destinationAddress: `10.${i >> 16}.${(i >> 8) & 255}.${i & 255}`, sequence: 1 }),
  );
}

/** Microseconds a record, one value a round; the first round warms up and is left out. */
function measureRecords(counters: PairCounters, records: readonly FlowRecord[]): number[] {
  const rounds = Array.from({ length: ROUNDS + 1 }, () => {
    const startMs = performance.now();
    for (let pass = 0; pass < PASSES; pass++) counters.accept(records);
    return ((performance.now() - startMs) * 1_000) / (PASSES * records.length);
  });
  return rounds.slice(1);
}

async function measureScrape(client: ChildProcess, encoding: 'plain' | 'gzip'): Promise<Scrape> {
  const delay = monitorEventLoopDelay({ resolution: 1 });
  delay.enable();
  const startMs = performance.now();
  const { promise, resolve } = Promise.withResolvers<{ byteCount: number; lines: number }>();
  client.once('message', resolve);
  client.send(encoding);
  const answer = await promise;
  const ms = performance.now() - startMs;
  delay.disable();
  return { ...answer, ms, blockMs: delay.max / 1e6 - 1 };
}

const counters = new PairCounters({ pairSeriesLimit: PAIRS });
const recordUs = measureRecords(counters, createPairRecords());
const handler = createMetricsHandler({ registry: new Registry(), sources: [counters], log: SILENT_LOG });
const server = createServer((request, response) => void handler(request, response));
await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
const address = server.address();
const port = typeof address === 'object' ? String(address?.port) : '';
const client = spawn(process.execPath, ['-e', CLIENT], {
  env: { ...process.env, SCRAPE_PORT: port },
  stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
});
await measureScrape(client, 'plain');
const plain: Scrape[] = [];
const gzip: Scrape[] = [];
for (let round = 0; round < ROUNDS; round++) {
  plain.push(await measureScrape(client, 'plain'));
  gzip.push(await measureScrape(client, 'gzip'));
}
client.disconnect();
server.closeAllConnections();
server.close();

const scrapeMs = toSpread(plain.map((one) => one.ms));
// The longest block within each scrape; on a busy machine a part of it is the wait for a core.
const blockMs = toSpread(plain.concat(gzip).map((one) => one.blockMs));
const recordMicros = toSpread(recordUs);
const report = {
  name: 'exposition',
  machine: readMachine(),
  figures: {
    series: (plain[0]?.lines ?? 0) - LINES_WITHOUT_SERIES,
    recordMicros,
    scrapeMs,
    gzipScrapeMs: toSpread(gzip.map((one) => one.ms)),
    blockMs,
    plainBytes: plain[0]?.byteCount,
    gzipBytes: gzip[0]?.byteCount,
  },
  goals: {
    recordMicros: atMost(0.3, recordMicros.median),
    scrapeMs: atMost(200, scrapeMs.median),
    longestBlockMs: atMost(10, blockMs.median),
  },
};
process.stdout.write(`${JSON.stringify(report)}\n`);
