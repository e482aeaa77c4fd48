import { randomUUID } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, expect, test } from '@jest/globals';
import type { Invocation } from '../../src/cli/invocation.ts';
import { runCli } from '../../src/cli/run-cli.ts';
import { BulkLines } from '../../src/ecs/document/bulk-lines.ts';
import { DocumentEncoder } from '../../src/ecs/document/document-encoder.ts';
import {
  ElasticsearchOutput,
  type ElasticsearchOutputOptions,
} from '../../src/ecs/elasticsearch/elasticsearch-output.ts';
import { IgnoredFieldCheck } from '../../src/ecs/elasticsearch/ignored-field-check.ts';
import { openElasticsearch } from '../../src/ecs/elasticsearch/open-elasticsearch.ts';
import { applyElasticsearchSetup } from '../../src/ecs/setup/apply-elasticsearch-setup.ts';
import { TEMPLATE_VERSION, type FlowTemplateOptions } from '../../src/ecs/setup/flow-templates.ts';
import { planElasticsearchSetup, type SetupPlan } from '../../src/ecs/setup/plan-elasticsearch-setup.ts';
import { toWriterKey } from '../../src/ecs/setup/writer-key.ts';
import { createDeadline } from '../../src/lib/deadline.ts';
import { SILENT_LOG } from '../../src/lib/log.ts';
import type { Connection } from '../../src/model/connection.ts';
import { createSampleConnections } from '../support/sample-connections.ts';
import { describeWithTools } from '../support/requirements.ts';
import { ELASTICSEARCH_TOOLS } from './elasticsearch/install-elasticsearch.ts';
import { installStackTemplates } from './elasticsearch/install-stack-templates.ts';
import { startElasticsearch, type ElasticsearchServer } from './elasticsearch/start-elasticsearch.ts';

const START_MS = 300_000;
const TEST_MS = 60_000;
/** How the tests speak to the server under test; set when it runs. */
let server: ElasticsearchServer;
const running: ElasticsearchOutput[] = [];

interface Target {
  readonly output: ElasticsearchOutput;
  readonly namespace: string;
  readonly stream: string;
}

/** An output to a data stream of its own. */
async function startOutput(changes: Partial<ElasticsearchOutputOptions> = {}): Promise<Target> {
  const namespace = randomUUID().replaceAll('-', '');
  const stream = `logs-podflow.flow-${namespace}`;
  const output = new ElasticsearchOutput({
    address: { urls: [server.url] },
    dataStream: stream,
    encoder: new DocumentEncoder({ namespace }),
    timeoutMs: 20_000,
    log: SILENT_LOG,
    ...changes,
  });
  await output.start(new AbortController().signal);
  running.push(output);
  return { output, namespace, stream };
}

async function stopOutputs(): Promise<void> {
  await Promise.all(running.splice(0).map((output) => output.stop(createDeadline(1_000))));
}

async function plan(options: FlowTemplateOptions = {}): Promise<SetupPlan> {
  const { client } = await openElasticsearch({ urls: [server.url] });
  return planElasticsearchSetup(client, options);
}

async function apply(done: SetupPlan, force = false): Promise<void> {
  const { client } = await openElasticsearch({ urls: [server.url] });
  await applyElasticsearchSetup(client, done, force);
}

const actions = ({ steps }: SetupPlan): string[] => steps.map(({ kind, name, action }) => `${action} ${kind} ${name}`);

interface Hits {
  readonly hits: { readonly hits: { readonly _id: string; readonly _source: object }[] };
}

/** Documents of a stream (or of its failure store) by id, searched for without the client. */
async function readDocuments(stream: string): Promise<Map<string, object>> {
  const encoded = encodeURIComponent(stream);
  await server.admin('POST', `/${encoded}/_refresh`);
  const { json } = await server.admin('POST', `/${encoded}/_search`, { size: 10_000 });
  return new Map((json as Hits).hits.hits.map(({ _id: id, _source: source }) => [id, roundPlaces(source)]));
}

/** The index keeps places in 32 bits a coordinate, some centimetres. */
function roundPlaces(document: object): object {
  return JSON.parse(JSON.stringify(document), (name, value: unknown) =>
    typeof value === 'number' && (name === 'lat' || name === 'lon') ? Number(value.toFixed(4)) : value,
  ) as object;
}

/** What should be found: the documents as their text says. */
function toDocuments(batch: readonly Connection[], namespace: string): Map<string, object> {
  const lines = new BulkLines();
  new DocumentEncoder({ namespace }).encode(batch, lines);
  const positions = Array.from({ length: lines.documentCount }, (_, document) => document);
  return new Map(
    positions.map((document) => [lines.id(document), roundPlaces(JSON.parse(lines.sourceText(document)) as object)]),
  );
}

/** An encoder whose documents are changed before they are sent. */
function spoil(encoder: DocumentEncoder, change: (source: string, document: number) => string): DocumentEncoder {
  return {
    encode(batch: readonly Connection[], sink: BulkLines) {
      const lines = new BulkLines();
      encoder.encode(batch, lines);
      for (let i = 0; i < lines.documentCount; i++) sink.append(lines.id(i), change(lines.sourceText(i), i));
    },
  } as DocumentEncoder;
}

describeWithTools('a real Elasticsearch', ELASTICSEARCH_TOOLS, () => {
  beforeAll(async () => {
    server = await startElasticsearch();
    await installStackTemplates(server);
  }, START_MS);

  afterEach(stopOutputs);

  afterAll(async () => {
    await server?.stop();
  });

  test('is set up: shown first, then done, then nothing is left to do', async () => {
    const first = await plan();
    expect(actions(first)).toEqual([
      'create component_template podflow-flow@mappings',
      'create component_template podflow-flow@settings',
      'create index_template logs-podflow.flow',
    ]);
    expect((await server.admin('GET', '/_index_template/logs-podflow.flow')).status).toBe(404);
    await apply(first);
    const second = await plan();
    expect(actions(second).map((action) => action.split(' ')[0])).toEqual(['unchanged', 'unchanged', 'unchanged']);
  });

  test('is set up by the command too', async () => {
    const lines: string[] = [];
    const stdout = { write: (text: string) => lines.push(text) > 0 } as unknown as Invocation['stdout'];
    const stderr = { write: () => true } as unknown as Invocation['stderr'];
    const args = ['setup', 'elasticsearch', '--elasticsearch-url', server.url, '--dry-run'];
    expect(await runCli({ args, env: {}, stdout, stderr })).toBe(0);
    expect(lines.join('')).toContain(
      `index template logs-podflow.flow (version ${TEMPLATE_VERSION}) is as it should be`,
    );
    lines.length = 0;
    expect(await runCli({ args: [...args.slice(0, -1), '--json'], env: {}, stdout, stderr })).toBe(0);
    expect(JSON.parse(lines.join(''))).toMatchObject({ isApplied: true, steps: [{}, {}, { action: 'unchanged' }] });
    expect(await runCli({ args: ['setup', 'kafka'], env: {}, stdout, stderr })).toBe(2);
    expect(await runCli({ args: ['setup', 'elasticsearch'], env: {}, stdout, stderr })).toBe(2);
  });

  test('makes indices of the data stream as the templates say', async () => {
    const { json } = await server.admin('POST', '/_index_template/_simulate_index/logs-podflow.flow-any');
    expect(json).toMatchObject({
      template: {
        settings: { index: { mode: 'logsdb', codec: 'best_compression', mapping: { ignore_malformed: 'false' } } },
        mappings: {
          date_detection: false,
          properties: {
            source: { properties: { ip: { type: 'ip' }, bytes: { type: 'long' } } },
            destination: { properties: { geo: { properties: { location: { type: 'geo_point' } } } } },
          },
        },
        data_stream_options: { failure_store: { enabled: true } },
      },
    });
  });

  test(
    'stores documents, which are found again as they were sent',
    async () => {
      const { output, namespace, stream } = await startOutput();
      const batch = createSampleConnections(500);
      expect(await output.deliver(batch)).toEqual({ kind: 'taken', alreadyStored: undefined });
      const expected = toDocuments(batch, namespace);
      const found = await readDocuments(stream);
      expect(found.size).toBe(expected.size);
      for (const [id, document] of expected) expect({ id, document: found.get(id) }).toEqual({ id, document });
      expect(output.counters().documents).toMatchObject({ created: 500, duplicate: 0, rejected: 0, failure_store: 0 });
    },
    TEST_MS,
  );

  test(
    'tells what it had already, of a batch that comes again and of one that is partly new',
    async () => {
      const { output, stream } = await startOutput();
      const batch = createSampleConnections(60);
      await output.deliver(batch.slice(0, 40));
      const second = await output.deliver(batch);
      expect(second).toEqual({ kind: 'taken', alreadyStored: new Set(Array.from({ length: 40 }, (_, i) => i)) });
      expect((await readDocuments(stream)).size).toBe(60);
      expect(output.counters().documents).toMatchObject({ created: 60, duplicate: 40 });
    },
    TEST_MS,
  );

  test(
    'gives documents that do not fit the mapping to the failure store, counted',
    async () => {
      const namespace = randomUUID().replaceAll('-', '');
      const encoder = spoil(new DocumentEncoder({ namespace }), (source, i) =>
        i === 3 ? source.replace(/"ip":"[^"]*"/, '"ip":"nowhere"') : source,
      );
      const stream = `logs-podflow.flow-${namespace}`;
      const { output } = await startOutput({ encoder, dataStream: stream });
      expect(await output.deliver(createSampleConnections(10))).toEqual({ kind: 'taken', alreadyStored: undefined });
      expect(output.counters().documents).toMatchObject({ created: 9, failure_store: 1, rejected: 0 });
      expect((await readDocuments(`${stream}::failures`)).size).toBe(1);
    },
    TEST_MS,
  );

  test(
    'refuses one document of a batch and takes the others',
    async () => {
      const namespace = randomUUID().replaceAll('-', '');
      const warnings: object[] = [];
      const encoder = spoil(new DocumentEncoder({ namespace }), (source, i) =>
        i === 5 ? source.slice(0, -3) : source,
      );
      const stream = `logs-podflow.flow-${namespace}`;
      const log = { ...SILENT_LOG, warn: (fields: object) => warnings.push(fields) };
      const { output } = await startOutput({ encoder, dataStream: stream, log });
      expect(await output.deliver(createSampleConnections(10))).toEqual({ kind: 'taken', alreadyStored: undefined });
      expect(output.counters().documents).toMatchObject({ created: 9, rejected: 1, failure_store: 0 });
      expect(warnings).toEqual([{ id: expect.any(String), field: undefined, reason: expect.stringContaining('400 ') }]);
    },
    TEST_MS,
  );

  test(
    'counts documents of which a template of somebody else lets malformed fields be ignored',
    async () => {
      const dataset = `lenient${randomUUID().slice(0, 8)}`;
      await server.admin('PUT', `/_index_template/${dataset}`, {
        index_patterns: [`logs-${dataset}-*`],
        priority: 300,
        data_stream: {},
        template: {
          settings: { index: { mapping: { ignore_malformed: true } } },
          mappings: { dynamic: false, properties: { podflow: { properties: { verdict: { type: 'long' } } } } },
        },
      });
      const { output } = await startOutput({ dataStream: `logs-${dataset}-a`, ignoredFieldCheckMs: 0 });
      await output.deliver(createSampleConnections(10));
      await server.admin('POST', `/logs-${dataset}-a/_refresh`);
      const access = await openElasticsearch({ urls: [server.url] });
      const check = new IgnoredFieldCheck(access, `logs-${dataset}-a`, SILENT_LOG, 0);
      await check.look(Date.now() + 3_600_000_000);
      await check.look(Date.now() + 3_600_000_001);
      expect(check.count).toBe(10);
    },
    TEST_MS,
  );

  test(
    'takes the same documents from a client that speaks version 8',
    async () => {
      const address = { urls: [server.url], compatibility: 8 } as const;
      const { output, stream } = await startOutput({ address });
      await output.deliver(createSampleConnections(20));
      expect((await readDocuments(stream)).size).toBe(20);
      const { client } = await openElasticsearch(address);
      expect(actions(await planElasticsearchSetup(client)).every((action) => action.startsWith('unchanged'))).toBe(
        true,
      );
    },
    TEST_MS,
  );

  test(
    'takes gzip',
    async () => {
      const { output, stream } = await startOutput({ compression: 'gzip' });
      await output.deliver(createSampleConnections(200));
      expect((await readDocuments(stream)).size).toBe(200);
      expect(output.counters().sentBytes).toBeLessThan(200 * 500);
    },
    TEST_MS,
  );

  test(
    'is upgraded by version: changes are shown, streams roll over, newer ones are left alone',
    async () => {
      const { output, stream } = await startOutput();
      await output.deliver(createSampleConnections(1));
      const retained = await plan({ dataRetention: '30d' });
      expect(actions(retained)).toContain('update component_template podflow-flow@settings');
      expect(actions(retained)).toContain(`update rollover ${stream}`);
      expect(retained.steps[1]?.changes).toContainEqual({
        path: 'template.lifecycle.data_retention',
        from: undefined,
        to: '30d',
      });
      await apply(retained);
      expect(actions(await plan({ dataRetention: '30d' })).every((action) => action.startsWith('unchanged'))).toBe(
        true,
      );
      await output.deliver(createSampleConnections(2).slice(1));
      const { json } = await server.admin('GET', `/_resolve/index/${stream}`);
      expect(json).toMatchObject({ data_streams: [{ backing_indices: [expect.any(String), expect.any(String)] }] });

      const old = { template: { settings: { index: { number_of_replicas: 0 } } }, _meta: { managed_by: 'podflow' } };
      await server.admin('PUT', '/_component_template/podflow-flow@settings', { ...old, version: 0 });
      expect(actions(await plan())[1]).toBe('update component_template podflow-flow@settings');
      await server.admin('PUT', '/_component_template/podflow-flow@settings', { ...old, version: 99 });
      const newer = await plan();
      expect(actions(newer)[1]).toBe('newer component_template podflow-flow@settings');
      await expect(apply(newer)).rejects.toMatchObject({ code: 'SETUP_REFUSED' });
      await apply(newer, true);
      expect(actions(await plan()).every((action) => action.startsWith('unchanged'))).toBe(true);
    },
    TEST_MS,
  );

  test(
    'is stopped for a while: batches are sent back, then stored once',
    async () => {
      const { output, stream } = await startOutput({ timeoutMs: 500 });
      const batch = createSampleConnections(100);
      await output.deliver(batch.slice(0, 10));
      await server.halt('SIGKILL');
      const answers = await Promise.all([0, 1, 2].map((i) => output.deliver(batch.slice(i * 30, i * 30 + 40))));
      expect(answers.map(({ kind }) => kind)).toEqual(['later', 'later', 'later']);
      expect(output.counters().isAway).toBe(true);
      await server.resume();
      const outcome = await deliverUntilTaken(output, batch);
      expect(outcome).toMatchObject({ alreadyStored: new Set([0, 1, 2, 3, 4, 5, 6, 7, 8, 9]) });
      expect((await readDocuments(stream)).size).toBe(100);
      expect(output.counters()).toMatchObject({ isAway: false, documents: { rejected: 0 } });
    },
    TEST_MS,
  );

  test(
    'hangs in the middle of a batch: what it stored all the same counts as new when the batch comes again',
    async () => {
      const { output, stream } = await startOutput({ timeoutMs: 1_000 });
      const batch = createSampleConnections(50);
      await output.deliver(batch.slice(0, 5));
      process.kill(server.pid(), 'SIGSTOP');
      const outcome = await output.deliver(batch);
      process.kill(server.pid(), 'SIGCONT');
      expect(outcome.kind).toBe('later');
      const second = await deliverUntilTaken(output, batch);
      expect((await readDocuments(stream)).size).toBe(50);
      // The first five were told; of the others it does not matter which request stored them.
      expect(second.alreadyStored?.size ?? 0).toBeLessThanOrEqual(5);
    },
    TEST_MS,
  );

  test(
    'is killed while it is written to: every document is stored, and told of as new, exactly once',
    async () => {
      const { output, namespace, stream } = await startOutput({ timeoutMs: 1_000 });
      const all = createSampleConnections(6_000);
      const batches = Array.from({ length: 60 }, (_, i) => all.slice(i * 100, (i + 1) * 100));
      let newCount = 0;
      let isKilled = false;
      const write = async (): Promise<void> => {
        for (let batch = batches.shift(); batch !== undefined; batch = batches.shift()) {
          const { alreadyStored } = await deliverUntilTaken(output, batch);
          newCount += batch.length - (alreadyStored?.size ?? 0);
          if (isKilled || batches.length > 40) continue;
          isKilled = true;
          await server.halt('SIGKILL');
          await server.resume();
        }
      };
      await Promise.all([write(), write(), write(), write()]);
      const expected = toDocuments(all, namespace).size;
      expect((await readDocuments(stream)).size).toBe(expected);
      expect(newCount).toBe(expected);
      expect(output.counters().postponedBatches).toBeGreaterThan(0);
    },
    TEST_MS,
  );

  test(
    'has little memory, or takes small requests only: all is stored all the same',
    async () => {
      await server.halt();
      await server.resume({ 'indexing_pressure.memory.limit': '300kb', 'http.max_content_length': '150kb' });
      const { output, namespace, stream } = await startOutput({ maxInFlight: 8 });
      const batch = createSampleConnections(1_000);
      const outcomes = await Promise.all([0, 1, 2, 3].map((i) => output.deliver(batch.slice(i * 250, (i + 1) * 250))));
      expect(outcomes.map(({ kind }) => kind)).toEqual(['taken', 'taken', 'taken', 'taken']);
      const { requestsByStatus, splitBodies, documents } = output.counters();
      expect(requestsByStatus.get(429)).toBeGreaterThan(0);
      expect(requestsByStatus.get(413)).toBeGreaterThan(0);
      expect(splitBodies).toBeGreaterThan(0);
      expect(documents).toMatchObject({ rejected: 0, too_large: 0 });
      expect([...(await readDocuments(stream)).keys()].toSorted()).toEqual(
        [...toDocuments(batch, namespace).keys()].toSorted(),
      );
    },
    TEST_MS,
  );
});

async function deliverUntilTaken(output: ElasticsearchOutput, batch: readonly Connection[]) {
  for (;;) {
    const outcome = await output.deliver(batch);
    if (outcome.kind === 'taken') return outcome;
    await new Promise((resolve) => setTimeout(resolve, 200));
  }
}

describeWithTools('a real Elasticsearch with users and TLS', ELASTICSEARCH_TOOLS, () => {
  let folder = '';
  let caPath = '';

  beforeAll(async () => {
    server = await startElasticsearch({ tls: true });
    folder = mkdtempSync(join(tmpdir(), 'podflow-test-'));
    caPath = join(folder, 'ca.pem');
    writeFileSync(caPath, server.ca ?? '');
    const secret = { value: server.password };
    const credentials = { kind: 'basic', user: server.user, secret } as const;
    const { client } = await openElasticsearch({ urls: [server.url], caPath, credentials });
    await applyElasticsearchSetup(client, await planElasticsearchSetup(client));
  }, START_MS);

  afterEach(stopOutputs);

  afterAll(async () => {
    await server?.stop();
    rmSync(folder, { recursive: true, force: true });
  });

  async function createKey(): Promise<{ id: string; encoded: string }> {
    const { json } = await server.admin('POST', '/_security/api_key', toWriterKey());
    return json as { id: string; encoded: string };
  }

  const address = (encoded: string) =>
    ({ urls: [server.url], caPath, credentials: { kind: 'api_key', secret: { value: encoded } } }) as const;

  test(
    'takes documents by a key that may do nothing else',
    async () => {
      const { encoded } = await createKey();
      const { output, stream } = await startOutput({ address: address(encoded) });
      expect(await output.deliver(createSampleConnections(20))).toMatchObject({ kind: 'taken' });
      expect((await readDocuments(stream)).size).toBe(20);
      const { client } = await openElasticsearch(address(encoded));
      await expect(planElasticsearchSetup(client)).rejects.toMatchObject({ code: 'ELASTICSEARCH_FAILED' });
    },
    TEST_MS,
  );

  test(
    'sends batches back for want of credentials or rights, without a loss',
    async () => {
      const { encoded } = await createKey();
      const wrong = await startOutput({ address: address(btoa('made:up')), timeoutMs: 1_000 });
      expect(await wrong.output.deliver(createSampleConnections(5))).toMatchObject({ kind: 'later', status: 503 });
      const other = await startOutput({ address: address(encoded), dataStream: 'logs-other-a', timeoutMs: 1_000 });
      expect(await other.output.deliver(createSampleConnections(5))).toMatchObject({ kind: 'later', status: 503 });
      expect(other.output.counters().documents).toMatchObject({ created: 0, rejected: 0 });
    },
    TEST_MS,
  );

  test(
    'takes a key from a file, and the next one when that is rotated',
    async () => {
      const path = join(folder, 'key');
      const first = await createKey();
      writeFileSync(path, `${first.encoded}\n`);
      const credentials = { kind: 'api_key', secret: { path } } as const;
      const { output, stream } = await startOutput({ address: { urls: [server.url], caPath, credentials } });
      const batch = createSampleConnections(20);
      await output.deliver(batch.slice(0, 10));
      writeFileSync(path, (await createKey()).encoded);
      await server.admin('DELETE', '/_security/api_key', { ids: [first.id] });
      expect(await output.deliver(batch.slice(10))).toMatchObject({ kind: 'taken' });
      expect((await readDocuments(stream)).size).toBe(20);
    },
    TEST_MS,
  );

  test(
    'is not trusted without its authority',
    async () => {
      const { encoded } = await createKey();
      const { caPath: _, ...untrusting } = address(encoded);
      const { output } = await startOutput({ address: untrusting, timeoutMs: 500 });
      const outcome = await output.deliver(createSampleConnections(5));
      expect(outcome).toMatchObject({ kind: 'later', message: expect.stringMatching(/certificate/) });
    },
    TEST_MS,
  );
});
