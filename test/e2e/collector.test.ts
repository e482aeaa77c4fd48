import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { afterEach, expect, test } from '@jest/globals';
import { decodeLogsRequest } from '../support/otlp-decoder.ts';
import { OtlpReceiver } from '../support/otlp-receiver.ts';
import { encodeFlows } from '../support/otlp-requests.ts';
import { createSampleRecords } from '../support/otlp-sample-records.ts';
import { describeWithTools } from '../support/requirements.ts';
import { ROOT } from '../support/source-files.ts';
import { readYamlSnippets } from '../support/yaml-snippets.ts';
import { waitFor } from '../support/wait-for.ts';
import { loadableConfig } from './collector/loadable-config.ts';
import { startStandInEnrich } from './collector/stand-in-enrich.ts';
import { findFreePort } from './server-process.ts';
import { COLLECTOR, startCollector, validateConfig, type Collector } from './collector/start-collector.ts';

const TEST_MS = 120_000;
const ARRIVAL_MS = 40_000;
/** How long `podflow enrich` may wait for the other perspective of a connection. */
const WINDOW_MS = 2500;
const PER_REQUEST = 100;
const NO_BUILDER = /^(?!builder).*\.yaml$/;
const CONFIGS = readdirSync(join(ROOT, 'otel')).filter((name) => NO_BUILDER.test(name));

/** A Collector that has nothing to do with podflow. */
const OTHER_PURPOSE = `
receivers: { otlp: { protocols: { http: { endpoint: '127.0.0.1:4318' } } } }
exporters: { debug: {} }
service: { pipelines: { logs: { receivers: [otlp], exporters: [debug] } } }`;

describeWithTools('the Collector', [COLLECTOR], () => {
  const started: { stop(): Promise<void> }[] = [];

  afterEach(async () => {
    for (const each of started.splice(0).toReversed()) await each.stop();
  }, TEST_MS);

  const startReceiver = async (): Promise<OtlpReceiver> => {
    const receiver = await OtlpReceiver.start();
    started.push({ stop: () => receiver.close() });
    return receiver;
  };

  const start = async (name: string, env: Readonly<Record<string, string>>): Promise<Collector> => {
    const collector = await startCollector(await loadableConfig(name), env);
    started.push(collector);
    return collector;
  };

  const startChain = async (receiver: OtlpReceiver): Promise<{ agent: Collector; gateway: Collector }> => {
    const gateway = await start('gateway.yaml', { ENRICH_ENDPOINT: receiver.url });
    return { gateway, agent: await start('agent.yaml', { GATEWAY_ENDPOINT: gateway.url }) };
  };

  test.each(CONFIGS)('takes otel/%s', async (name) => {
    expect(await validateConfig(await loadableConfig(name))).toBe('');
  });

  test('lacks the exporters that have stand-ins here, and says so', async () => {
    expect(await validateConfig(join(ROOT, 'otel/full-round.yaml'))).toContain('unknown type: "elasticsearch"');
    expect(await validateConfig(join(ROOT, 'otel/load-balancing.yaml'))).toContain('unknown type: "load_balancing"');
  });

  test('takes podflow beside what a Collector does already, as otel/README.md shows', async () => {
    const [snippet = ''] = readYamlSnippets('otel/README.md');
    expect(snippet).toContain('otlp/podflow');
    expect(await validateConfig(`yaml:${OTHER_PURPOSE}`)).toBe('');
    const here = snippet.replace('/var/lib/otelcol/podflow', `'\${env:STORAGE_DIRECTORY}'`);
    expect(await validateConfig(`yaml:${OTHER_PURPOSE}`, `yaml:${here}`)).toBe('');
  });

  test(
    'hands records from the agent to the gateway to podflow as they are',
    async () => {
      const receiver = await startReceiver();
      const { agent } = await startChain(receiver);
      const sent = createSampleRecords(2000);
      expect(await send(agent.url, sent)).toEqual(new Set([200]));
      await untilAll(receiver, sent.length);
      expect(countById(receiver)).toEqual(countOnce(sent));
      const [first] = decodeRecords(encodeFlows('protobuf', sent.slice(0, 1)));
      const arrived = receiver.records.find(({ attributes }) => attributes['flow.id'] === sent[0]?.flowId);
      expect(arrived).toMatchObject({ traceId: first?.traceId, eventName: 'network.flow' });
      expect(Object.keys(arrived?.attributes ?? {})).toEqual(first?.attributes?.map(({ key }) => key));
      expect(arrived?.resource).toMatchObject({ 'k8s.pod.name': 'web-0' });
    },
    TEST_MS,
  );

  test(
    'tries again what podflow could not take for now',
    async () => {
      const receiver = await startReceiver();
      receiver.answerNext({ kind: 'status', status: 503 }, { kind: 'status', status: 429, retryAfter: '1' });
      const gateway = await start('gateway.yaml', { ENRICH_ENDPOINT: receiver.url });
      const sent = createSampleRecords(500);
      await send(gateway.url, sent);
      await untilAll(receiver, sent.length);
      expect(countById(receiver)).toEqual(countOnce(sent));
      expect(receiver.requests.filter(({ answer }) => answer.kind === 'status')).toHaveLength(2);
    },
    TEST_MS,
  );

  test(
    'keeps what it answered for when it is killed while nobody takes it, on both tiers',
    async () => {
      const receiver = await startReceiver();
      await receiver.down();
      const { agent, gateway } = await startChain(receiver);
      const first = createSampleRecords(1000);
      expect(await send(agent.url, first)).toEqual(new Set([200]));
      await untilQueued(gateway, first.length);
      await gateway.kill();
      const second = createSampleRecords(1500).slice(first.length);
      expect(await send(agent.url, second)).toEqual(new Set([200]));
      await agent.kill();
      await receiver.up();
      await start('gateway.yaml', gateway.env);
      await start('agent.yaml', agent.env);
      await untilAll(receiver, first.length + second.length);
      expect(countById(receiver)).toEqual(countOnce([...first, ...second]));
    },
    TEST_MS,
  );

  test(
    'loses nothing when it is killed in the midst of a stream',
    async () => {
      const receiver = await startReceiver();
      let gateway = await start('gateway.yaml', { ENRICH_ENDPOINT: receiver.url });
      const sent = createSampleRecords(10_000);
      const sending = send(gateway.url, sent);
      for (let kill = 0; kill < 3; kill++) {
        const before = receiver.records.length;
        await waitFor('records to flow', () => receiver.records.length > before, ARRIVAL_MS);
        await gateway.kill();
        gateway = await start('gateway.yaml', gateway.env);
      }
      await sending;
      await untilAll(receiver, sent.length);
      expect(new Set(countById(receiver).keys())).toEqual(new Set(countOnce(sent).keys()));
    },
    TEST_MS,
  );

  test(
    'keeps enough requests under way for podflow to wait for the other perspective',
    async () => {
      const delays: number[] = [];
      const sentAt = new Map<string, number>();
      const enrich = await startStandInEnrich(async (body) => {
        for (const id of readIds(body)) delays.push(performance.now() - (sentAt.get(id) ?? 0));
        await delay(WINDOW_MS);
        return 200;
      });
      started.push({ stop: () => enrich.close() });
      const gateway = await start('gateway.yaml', { ENRICH_ENDPOINT: enrich.url });
      for (const record of createSampleRecords(80)) {
        sentAt.set(record.flowId, performance.now());
        await send(gateway.url, [record]);
        await delay(100);
      }
      await waitFor('all records', () => delays.length === sentAt.size, ARRIVAL_MS);
      // With fewer consumers than batches in a window the queue would grow, and every record wait longer than the last.
      expect(Math.max(...delays)).toBeLessThan(1500);
      expect(enrich.peak).toBeGreaterThan(10);
    },
    TEST_MS,
  );

  test(
    'sends each trace to one shard',
    async () => {
      const shards = [await startReceiver(), await startReceiver()] as const;
      const env = { ENRICH_ENDPOINT_0: shards[0].url, ENRICH_ENDPOINT_1: shards[1].url };
      const collector = await start('shards.yaml', env);
      const sent = createSampleRecords(1000);
      await send(collector.url, [...sent, ...sent]);
      const [low, high] = shards;
      await waitFor('all records', () => low.records.length + high.records.length >= 2000, ARRIVAL_MS);
      expect(low.records.length + high.records.length).toBe(2000);
      const traces = shards.map(({ records }) => new Set(records.map(({ traceId }) => traceId)));
      expect(traces[0]?.intersection(traces[1] ?? new Set())).toEqual(new Set());
      expect(Math.min(...traces.map(({ size }) => size))).toBeGreaterThan(400);
    },
    TEST_MS,
  );

  test(
    'goes the full round: podflow has its answer when the store has the document, also over kills',
    async () => {
      const documents = await startReceiver();
      documents.answerNext({ kind: 'status', status: 503 });
      const DOCUMENTS_ENDPOINT = `127.0.0.1:${await findFreePort()}`;
      const answers: number[] = [];
      const enrich = await startStandInEnrich(async (body) => {
        const status = await post(`http://${DOCUMENTS_ENDPOINT}`, body);
        answers.push(status);
        return status;
      });
      started.push({ stop: () => enrich.close() });
      const env = {
        ENRICH_ENDPOINT: enrich.url,
        ELASTICSEARCH_ENDPOINT: documents.url,
        DOCUMENTS_ENDPOINT,
      };
      let round = await start('full-round.yaml', env);
      const sent = createSampleRecords(1000);
      await send(round.url, sent);
      await untilAll(documents, sent.length);
      expect(answers).toContain(200);

      documents.answerAlways({ kind: 'status', status: 503 });
      const more = createSampleRecords(1500).slice(sent.length);
      await send(round.url, more);
      await delay(1000);
      await round.kill();
      documents.answerAlways({ kind: 'taken' });
      round = await start('full-round.yaml', round.env);
      await untilAll(documents, sent.length + more.length);
      expect(new Set(countById(documents).keys())).toEqual(new Set(countOnce([...sent, ...more]).keys()));
    },
    TEST_MS,
  );
});

type Records = ReturnType<typeof createSampleRecords>;

/** Sends as a probe does, until it was taken; returns the statuses of the last tries. */
async function send(url: string, records: Records): Promise<Set<number>> {
  const statuses = new Set<number>();
  for (let from = 0; from < records.length; from += PER_REQUEST) {
    const body = encodeFlows('protobuf', records.slice(from, from + PER_REQUEST));
    let status = await post(url, body);
    for (; status !== 200; status = await post(url, body)) await delay(100);
    statuses.add(status);
  }
  return statuses;
}

/** Status of the answer, 503 when there was none. */
async function post(url: string, body: Buffer): Promise<number> {
  const headers = { 'content-type': 'application/x-protobuf' };
  return fetch(`${url}/v1/logs`, { method: 'POST', headers, body }).then(
    ({ status }) => status,
    () => 503,
  );
}

function decodeRecords(body: Buffer) {
  const scopes = (decodeLogsRequest(body).resourceLogs ?? []).flatMap(({ scopeLogs = [] }) => scopeLogs);
  return scopes.flatMap(({ logRecords = [] }) => logRecords);
}

function readIds(body: Buffer): string[] {
  const attributes = decodeRecords(body).flatMap((record) => record.attributes ?? []);
  return attributes.filter(({ key }) => key === 'flow.id').map(({ value }) => value?.stringValue ?? '');
}

/** How often each flow came. */
function countById({ records }: OtlpReceiver): Map<unknown, number> {
  const counts = new Map<unknown, number>();
  for (const { attributes } of records) {
    counts.set(attributes['flow.id'], (counts.get(attributes['flow.id']) ?? 0) + 1);
  }
  return counts;
}

function countOnce(records: Records): Map<unknown, number> {
  return new Map(records.map(({ flowId }) => [flowId, 1]));
}

/** Waits until so many different flows are there, and then for what may still come twice. */
async function untilAll(receiver: OtlpReceiver, count: number): Promise<void> {
  await waitFor(`${count} records`, () => countById(receiver).size >= count, ARRIVAL_MS);
  await delay(500);
}

async function untilQueued({ metricsUrl }: Collector, count: number): Promise<void> {
  const read = async (): Promise<boolean> => {
    const text = await (await fetch(metricsUrl)).text();
    return Number(/^otelcol_receiver_accepted_log_records(?:_total)?\{.*\} (\d+)$/m.exec(text)?.[1] ?? 0) >= count;
  };
  await waitFor(`${count} records in the queue`, read, ARRIVAL_MS);
}
