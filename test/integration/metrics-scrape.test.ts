import { spawnSync } from 'node:child_process';
import { get, type IncomingMessage } from 'node:http';
import { buffer, text } from 'node:stream/consumers';
import { setTimeout as delay } from 'node:timers/promises';
import { gunzipSync } from 'node:zlib';
import { afterEach, describe, expect, test } from '@jest/globals';
import { Registry } from 'prom-client';
import { createDeadline } from '../../src/lib/deadline.ts';
import { SILENT_LOG } from '../../src/lib/log.ts';
import { StageCounters } from '../../src/lib/stage-counters.ts';
import type { FlowRecord } from '../../src/model/flow-record.ts';
import { ConnectionCounters } from '../../src/prometheus/connection/connection-counters.ts';
import { createEnrichRegistry } from '../../src/prometheus/enrich-registry.ts';
import type { ExpositionSource } from '../../src/prometheus/exposition-source.ts';
import { createMetricsHandler, type MetricsHandlerOptions } from '../../src/prometheus/metrics-handler.ts';
import { PairCounters } from '../../src/prometheus/pair-counters.ts';
import { DnsCounters } from '../../src/prometheus/dns-counters.ts';
import { createProbeRegistry } from '../../src/prometheus/probe-registry.ts';
import type { Readiness } from '../../src/web/http-handler.ts';
import { HttpServer, type ListenAddress } from '../../src/web/http-server.ts';
import { createRouteTable } from '../../src/web/route-table.ts';
import { createSampleRecord, createSampleRecords } from '../support/otlp-sample-records.ts';
import { parsePrometheusText, select, sumOf } from '../support/prometheus-text.ts';
import { createSampleConnections } from '../support/sample-connections.ts';
import { RECEIVE_COUNTERS } from '../support/sample-counters.ts';
import {
  BODY_MAP_COUNTERS,
  ELASTICSEARCH_COUNTERS,
  KUBERNETES_COUNTERS,
  MAP_COUNTERS,
  NAME_INDEX_COUNTERS,
  STITCH_COUNTERS,
} from '../support/sample-enrich-counters.ts';
import { describeWithTools } from '../support/requirements.ts';
import { waitFor } from '../support/wait-for.ts';

const PACKETS = 'podflow_probe_flow_packets_total';
const running: HttpServer[] = [];
afterEach(async () => {
  await Promise.all(running.splice(0).map((server) => server.stop(createDeadline(0))));
});

async function serve(options: Partial<MetricsHandlerOptions>): Promise<ListenAddress> {
  const metrics = createMetricsHandler({ registry: new Registry(), sources: [], log: SILENT_LOG, ...options });
  const handler = createRouteTable({ routes: { '/metrics': metrics }, readiness: isReady, log: SILENT_LOG });
  const server = new HttpServer({ host: '127.0.0.1', port: 0, flag: '--metrics-port', handler, log: SILENT_LOG });
  running.push(server);
  return server.start();
}

/** More text than socket buffers hold: whoever does not read stalls it. Small when the test wants it so. */
class LargeSource implements ExpositionSource {
  readonly pieceCount = 1_000;
  readonly piece = `# ${'x'.repeat(65_533)}\n`;
  isLarge = true;
  made = 0;

  *exposition(): Generator<string> {
    const count = this.isLarge ? this.pieceCount : 1;
    for (let i = 0; i < count; i++, this.made++) yield this.piece;
  }

  /** Bytes of a whole scrape, with the empty registry's line feed. */
  get byteCount(): number {
    return 1 + (this.isLarge ? this.pieceCount : 1) * this.piece.length;
  }
}

function isReady(): Readiness {
  return { ready: true, detail: {} };
}

function createPairRecord(index: number): FlowRecord {
  return createSampleRecord(index, { destinationAddress: `10.0.${index >> 8}.${index & 255}` });
}

function createPairs(count: number): PairCounters {
  const pairs = new PairCounters();
  pairs.accept(Array.from({ length: count }, (_, i) => createPairRecord(i)));
  return pairs;
}

function createProbe(pairs: PairCounters): Registry {
  const none = new StageCounters();
  return createProbeRegistry({
    version: '1.0.0',
    captureCounters: () => ({
      attributedFrames: 5,
      attributedBytes: 500,
      unattributedFrames: 0,
      unattributedBytes: 0,
      nonIpFrames: 0,
      nonIpBytes: 0,
      missedFrames: 0,
      missedBytes: 0,
      interfaceFrames: 5,
      interfaceBytes: 500,
      taggedFrames: 0,
      copiedPackets: 0,
      copyLostPackets: 0,
    }),
    flowCounters: () => ({
      activeFlows: 0,
      endedByReason: {
        idle_timeout: 0,
        active_timeout: 0,
        end_of_flow_detected: 0,
        forced_end: 0,
        lack_of_resources: 0,
      },
      reportedFrames: 5,
      tableFullFrames: 0,
      tableFullFlows: 0,
    }),
    stages: () => [pairs, { name: 'output', account: () => none }],
    pairs,
    dns: new DnsCounters(),
  });
}

function createEnrichment(pairs: ConnectionCounters): Registry {
  return createEnrichRegistry({
    version: '1.0.0',
    stages: () => [],
    receiveCounters: () => RECEIVE_COUNTERS,
    kubernetesCounters: () => KUBERNETES_COUNTERS,
    nameIndexCounters: () => NAME_INDEX_COUNTERS,
    stitchCounters: () => STITCH_COUNTERS,
    elasticsearchCounters: () => ELASTICSEARCH_COUNTERS,
    bodyMapCounters: () => BODY_MAP_COUNTERS,
    mapCounters: () => MAP_COUNTERS,
    pairs,
  });
}

async function scrape({ host, port }: ListenAddress, headers: Record<string, string> = {}): Promise<IncomingMessage> {
  const { promise, resolve, reject } = Promise.withResolvers<IncomingMessage>();
  get({ host, port, path: '/metrics', headers, agent: false }, resolve).on('error', reject);
  return promise;
}

describe('the answer', () => {
  test('is the registry and then the pairs, one text that parses and is whole', async () => {
    const pairs = createPairs(3_000);
    const answer = await scrape(await serve({ registry: createProbe(pairs), sources: [pairs] }));
    expect(answer.headers['content-type']).toBe('text/plain; version=0.0.4; charset=utf-8');
    const families = parsePrometheusText(await text(answer));
    expect(select(families, 'podflow_probe_flow_connections_total')).toHaveLength(3_000);
    expect(sumOf(families, PACKETS)).toBe(pairs.account().received.frames);
    expect(sumOf(families, 'podflow_probe_flow_pairs')).toBe(3_000);
  });

  test.each([
    { accepts: 'gzip', zipped: true },
    { accepts: 'gzip;q=1.0, identity;q=0.5', zipped: true },
    { accepts: 'br, *', zipped: true },
    { accepts: 'deflate, GZIP;q=0.1', zipped: true },
    { accepts: 'gzip;q=0, *;q=1', zipped: false },
    { accepts: 'identity', zipped: false },
    { accepts: 'x-gzipped', zipped: false },
    { accepts: ';;,q=,', zipped: false },
  ])('Accept-Encoding "$accepts": gzip $zipped', async ({ accepts, zipped }) => {
    const answer = await scrape(await serve({ sources: [createPairs(10)] }), { 'accept-encoding': accepts });
    expect(answer.headers['content-encoding']).toBe(zipped ? 'gzip' : undefined);
    const body = await buffer(answer);
    const families = parsePrometheusText((zipped ? gunzipSync(body) : body).toString());
    expect(select(families, 'podflow_probe_flow_connections_total')).toHaveLength(10);
  });

  test('to HEAD is the head alone, and collects nothing', async () => {
    const registry = { metrics: () => Promise.reject(new Error('collected')) } as unknown as Registry;
    const { url } = await serve({ registry });
    const answer = await fetch(`${url}/metrics`, { method: 'HEAD' });
    expect([answer.status, answer.headers.get('content-type')]).toEqual([
      200,
      'text/plain; version=0.0.4; charset=utf-8',
    ]);
  });
});

describeWithTools('promtool check metrics', ['promtool'], () => {
  test('finds nothing to complain about in what a probe tells', async () => {
    const pairs = new PairCounters();
    pairs.accept(createSampleRecords(200));
    expect(await lint({ registry: createProbe(pairs), sources: [pairs] })).toEqual(NO_COMPLAINTS);
  });

  test('nor in what an enrichment service tells', async () => {
    const pairs = new ConnectionCounters({ podPairLimit: 20 });
    pairs.accept(createSampleConnections(2_000));
    expect(await lint({ registry: createEnrichment(pairs), sources: [pairs] })).toEqual(NO_COMPLAINTS);
  });

  const NO_COMPLAINTS = { stdout: '', stderr: '', status: 0 };

  async function lint(options: Partial<MetricsHandlerOptions>): Promise<typeof NO_COMPLAINTS> {
    const input = ownFamiliesOf(await text(await scrape(await serve(options))));
    const { stdout, stderr, status } = spawnSync('promtool', ['check', 'metrics'], { input, encoding: 'utf8' });
    return { stdout, stderr, status: status ?? -1 };
  }
});

describe('scrapes at once', () => {
  test('run one after the other, each whole', async () => {
    const state = { running: 0, most: 0 };
    const source: ExpositionSource = {
      *exposition() {
        state.most = Math.max(state.most, ++state.running);
        try {
          for (let i = 0; i < 20; i++) yield `# HELP podflow_a${i} A.\n# TYPE podflow_a${i} gauge\npodflow_a${i} 1\n`;
        } finally {
          state.running--;
        }
      },
    };
    const address = await serve({ sources: [source] });
    const answers = await Promise.all(Array.from({ length: 5 }, async () => scrape(address)));
    const bodies = await Promise.all(answers.map(async (answer) => text(answer)));
    for (const body of bodies) expect(parsePrometheusText(body).size).toBe(20);
    expect(state).toEqual({ running: 0, most: 1 });
  });

  test('beyond the limit are refused with 503, and answered again later', async () => {
    const source = new LargeSource();
    const address = await serve({ sources: [source], waitingLimit: 1 });
    const reading = await scrape(address);
    const others = [scrape(address), scrape(address)];
    const refused = await Promise.race(others);
    expect([refused.statusCode, refused.headers['retry-after']]).toEqual([503, '1']);
    expect((await buffer(reading)).length).toBe(source.byteCount);
    const answers = await Promise.all(others);
    const [waited] = answers.filter(({ statusCode }) => statusCode === 200);
    expect((await buffer(waited ?? refused)).length).toBe(source.byteCount);
    source.isLarge = false;
    expect((await buffer(await scrape(address))).length).toBe(source.byteCount);
  });
});

describe('slow readers', () => {
  test('are waited for: the text is made no faster than it is read', async () => {
    const source = new LargeSource();
    const answer = await scrape(await serve({ sources: [source] }));
    await waitFor('the text to stop', async () => {
      const before = source.made;
      await delay(200);
      return source.made === before;
    });
    expect(source.made).toBeLessThan(source.pieceCount / 2);
    expect((await buffer(answer)).length).toBe(source.byteCount);
  });

  test('are cut off after the scrape timeout, and the next is served', async () => {
    const source = new LargeSource();
    const address = await serve({ sources: [source], scrapeTimeoutMs: 500 });
    const stalled = await scrape(address);
    source.isLarge = false;
    const next = await scrape(address);
    await expect(buffer(stalled)).rejects.toThrow('aborted');
    expect((await buffer(next)).length).toBe(source.byteCount);
  });

  test('that go away do not hold the next one up', async () => {
    const source = new LargeSource();
    const address = await serve({ sources: [source], scrapeTimeoutMs: 60_000 });
    (await scrape(address)).destroy();
    source.isLarge = false;
    expect((await buffer(await scrape(address))).length).toBe(source.byteCount);
  });
});

test('a registry that fails leaves no half answer, and the next scrape works', async () => {
  const registry = new Registry();
  const planted = { failing: true };
  const metrics = async (): Promise<string> =>
    planted.failing ? Promise.reject(new Error('planted')) : registry.metrics();
  const address = await serve({ registry: { metrics } as unknown as Registry, sources: [createPairs(1)] });
  await expect(scrape(address)).rejects.toThrow('socket hang up');
  planted.failing = false;
  expect((await scrape(address)).statusCode).toBe(200);
});

/** The families named podflow_: prom-client's own are not ours to lint. */
function ownFamiliesOf(exposition: string): string {
  const lines = exposition.split('\n').filter((line) => /^(# (HELP|TYPE) )?podflow_/.test(line));
  return `${lines.join('\n')}\n`;
}
