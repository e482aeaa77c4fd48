import { randomInt, randomUUID } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from '@jest/globals';
import { applyElasticsearchSetup } from '../../src/ecs/setup/apply-elasticsearch-setup.ts';
import { planElasticsearchSetup } from '../../src/ecs/setup/plan-elasticsearch-setup.ts';
import { openElasticsearch } from '../../src/ecs/elasticsearch/open-elasticsearch.ts';
import { createBenchObjects } from '../bench/enrich/bench-cluster.ts';
import { EnrichProcess, type Metrics } from '../support/enrich/enrich-process.ts';
import { FlowTraffic, sumTold } from '../support/enrich/flow-traffic.ts';
import { compareDocuments, NO_DIFFERENCE, type FoundDocument } from '../support/enrich/found-documents.ts';
import { readByLabel, readPairSums } from '../support/enrich/metric-sums.ts';
import { RepeatingSender } from '../support/enrich/repeating-sender.ts';
import { streamTraffic } from '../support/enrich/stream-traffic.ts';
import { describeUntold, toUntoldShare } from '../support/enrich/untold-share.ts';
import { untilSettled } from '../support/enrich/until-settled.ts';
import { describeWithTools } from '../support/requirements.ts';
import { seededRandom } from '../support/seeded-random.ts';
import { waitFor } from '../support/wait-for.ts';
import { loadableConfig } from './collector/loadable-config.ts';
import { COLLECTOR, startCollector, type Collector } from './collector/start-collector.ts';
import { ELASTICSEARCH_TOOLS } from './elasticsearch/install-elasticsearch.ts';
import { installStackTemplates } from './elasticsearch/install-stack-templates.ts';
import { readFlowDocuments } from './elasticsearch/read-flow-documents.ts';
import { startElasticsearch, type ElasticsearchServer } from './elasticsearch/start-elasticsearch.ts';

/** How long Elasticsearch stays away; the full figure is 60,000. */
const AWAY_MS = Number(process.env['FAULT_AWAY_MS'] ?? 15_000);
const RECORDS_PER_SECOND = 5_000;
const KILLS = 2;
const START_MS = 300_000;
/** What waits in the queue is worked off within so long after the last fault. */
const SETTLE_MS = 120_000 + 2 * AWAY_MS;
const TEST_MS = 60_000 + AWAY_MS + SETTLE_MS;
/** Number of the first connection whose client's port is 32,768, which a `short` does not hold. */
const FIRST_LARGE_PORT = 31_744_000;

const SEED = Number(process.env['FAULT_SEED'] ?? randomInt(2 ** 31));
process.stderr.write(`enrich-faults: FAULT_SEED=${SEED}\n`);
const say = (text: string): void => void process.stderr.write(`enrich-faults: ${text}\n`);

describeWithTools('Collector, podflow enrich and Elasticsearch', [COLLECTOR, ...ELASTICSEARCH_TOOLS], () => {
  const folder = mkdtempSync(join(tmpdir(), 'podflow-enrich-faults-'));
  const objectsPath = join(folder, 'objects.json');
  const closing: (() => unknown)[] = [];
  let server: ElasticsearchServer;
  let namespace: string;
  let random: (limit: number) => number;
  let traffic: FlowTraffic;
  let enrich: EnrichProcess;
  let collector: Collector;
  let sender: RepeatingSender;

  beforeAll(async () => {
    writeFileSync(objectsPath, JSON.stringify(createBenchObjects()));
    server = await startElasticsearch();
    await installStackTemplates(server);
    const { client } = await openElasticsearch({ urls: [server.url] });
    await applyElasticsearchSetup(client, await planElasticsearchSetup(client), false);
  }, START_MS);

  beforeEach(async () => {
    namespace = randomUUID().replaceAll('-', '');
    random = seededRandom(SEED);
    traffic = new FlowTraffic(SEED);
    enrich = await startEnrich(0);
    collector = await runCollector(enrich.url);
    sender = new RepeatingSender({ url: collector.url });
    closing.push(() => sender.close());
  }, START_MS);

  afterEach(async () => {
    for (const close of closing.splice(0).toReversed()) await close();
  }, TEST_MS);

  afterAll(async () => {
    await server?.stop();
    rmSync(folder, { recursive: true, force: true });
  });

  async function startEnrich(port: number): Promise<EnrichProcess> {
    const names = ['--objects', objectsPath, '--data-stream-namespace', namespace];
    const started = await EnrichProcess.start(port, [...names, '--elasticsearch-url', server.url]);
    closing.push(() => started.kill());
    return started;
  }

  async function runCollector(enrichUrl: string, env: Readonly<Record<string, string>> = {}): Promise<Collector> {
    const started = await startCollector(await loadableConfig('gateway.yaml'), { ...env, ENRICH_ENDPOINT: enrichUrl });
    closing.push(() => started.stop());
    return started;
  }

  function stream(seconds: number): Promise<void> {
    const send = (_: unknown, body: Buffer): void => sender.add(body);
    return streamTraffic({ traffic, recordsPerSecond: RECORDS_PER_SECOND, seconds, random, send });
  }

  function readDocuments(): Promise<FoundDocument[]> {
    return readFlowDocuments(server, `logs-podflow.flow-${namespace}`);
  }

  /** Waits until all is taken: by the Collector, and off its queue by the service. */
  async function untilDrained(): Promise<Metrics> {
    await sender.untilAcknowledged(SETTLE_MS);
    const isDrained = async (): Promise<boolean> => (await readQueueSize(collector)) === 0;
    await waitFor('the queue to be worked off', isDrained, SETTLE_MS);
    return untilSettled(enrich, SETTLE_MS);
  }

  /** Waits likewise, and checks that every connection is one document, as it was told. */
  async function untilStoredOnce(): Promise<Metrics> {
    const metrics = await untilDrained();
    expect(compareDocuments(await readDocuments(), traffic.truth)).toEqual(NO_DIFFERENCE);
    return metrics;
  }

  function expectCountedOnce(metrics: Metrics): void {
    const truth = sumTold(traffic.truth.values());
    expect(readPairSums(metrics, 'podflow_flow')).toEqual(truth);
    expect(readPairSums(metrics, 'podflow_pod_flow')).toEqual(truth);
  }

  test(
    'podflow killed (-9) twice under 5,000 records/s',
    async () => {
      const { port } = enrich;
      const streaming = stream(24);
      const lives: Metrics[] = [];
      for (let kill = 0; kill < KILLS; kill++) {
        await delay(6_000 + random(3_000));
        lives.push(await enrich.metrics());
        await enrich.kill();
        enrich = await startEnrich(port);
      }
      await streaming;
      const last = await untilStoredOnce();
      const untold = toUntoldShare([...lives, last], traffic.truth);
      say(describeUntold(untold, KILLS, traffic.truth.size));
      expect(untold).toMatchObject({ bytesAbove: 0, packetsAbove: 0 });
      // How many depends on how long Elasticsearch takes: it stores what was on its way, and nobody counts that.
      expect(untold.connections).toBeLessThan(traffic.truth.size / 2);
    },
    TEST_MS,
  );

  test(
    'the Collector killed (-9) twice under 5,000 records/s, and started again on its queue',
    async () => {
      const streaming = stream(10);
      for (let kill = 0; kill < KILLS; kill++) {
        await delay(2_500 + random(2_000));
        await collector.kill();
        collector = await runCollector(enrich.url, collector.env);
      }
      await streaming;
      expectCountedOnce(await untilStoredOnce());
      expect(sender.statuses.get(0)).toBeGreaterThan(0);
    },
    TEST_MS,
  );

  test.each(['killed (-9)', 'frozen, and taking requests without an answer,'] as const)(
    `Elasticsearch %s for ${AWAY_MS / 1_000} s under 5,000 records/s`,
    async (how) => {
      const isKilled = how === 'killed (-9)';
      const streaming = stream(5 + AWAY_MS / 1_000);
      await delay(3_000);
      if (isKilled) await server.halt('SIGKILL');
      else process.kill(server.pid(), 'SIGSTOP');
      await delay(AWAY_MS);
      if (isKilled) await server.resume();
      else process.kill(server.pid(), 'SIGCONT');
      const upMs = performance.now();
      await streaming;
      expectCountedOnce(await untilStoredOnce());
      const seconds = ((performance.now() - upMs) / 1_000).toFixed(1);
      say(
        `Elasticsearch ${how} ${AWAY_MS} ms: all ${traffic.records} records are found ${seconds} s after it was back`,
      );
    },
    TEST_MS,
  );

  test(
    'documents in conflict with the mapping: all others are stored, and those are counted',
    async () => {
      traffic = new FlowTraffic(SEED, FIRST_LARGE_PORT - 7_880);
      const { json: templates } = await server.admin('GET', '/_index_template/logs-podflow.flow');
      const [own] = (templates as IndexTemplates).index_templates;
      const { status, json } = await server.admin('PUT', `/_index_template/conflict-${namespace}`, {
        composed_of: own?.index_template.composed_of,
        ignore_missing_component_templates: own?.index_template.composed_of,
        data_stream: {},
        index_patterns: [`logs-podflow.flow-${namespace}`],
        priority: 1_000,
        template: {
          mappings: { properties: { source: { properties: { port: { type: 'short' } } } } },
          data_stream_options: { failure_store: { enabled: false } },
        },
      });
      expect({ status, json }).toEqual({ status: 200, json: { acknowledged: true } });
      await stream(3);
      const metrics = await untilDrained();
      const refused = [...traffic.truth.keys()].filter((key) => key.includes(':32768 '));
      expect(refused.length).toBeGreaterThan(0);
      expect(readByLabel(metrics, 'podflow_elasticsearch_documents_total', 'outcome')).toMatchObject({
        created: traffic.truth.size - refused.length,
        rejected: refused.length,
      });
      expect(enrich.log).toContain('source.port');
      const { missing, ...others } = compareDocuments(await readDocuments(), traffic.truth, Infinity);
      expect({ ...others, missing: [] }).toEqual(NO_DIFFERENCE);
      expect(missing).toEqual(refused);
      expectCountedOnce(metrics);
    },
    TEST_MS,
  );
});

interface IndexTemplates {
  readonly index_templates: readonly { readonly index_template: { readonly composed_of: readonly string[] } }[];
}

/** Records in the queue of the Collector's exporter. */
async function readQueueSize({ metricsUrl }: Collector): Promise<number> {
  const text = await (await fetch(metricsUrl)).text();
  return Number(/^otelcol_exporter_queue_size\{.*\} (\S+)$/m.exec(text)?.[1] ?? Number.NaN);
}
