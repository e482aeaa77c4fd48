import { setTimeout as delay } from 'node:timers/promises';
import { afterEach, describe, expect, test } from '@jest/globals';
import type { BulkLines } from '../../src/ecs/document/bulk-lines.ts';
import {
  ElasticsearchOutput,
  type ElasticsearchOutputOptions,
} from '../../src/ecs/elasticsearch/elasticsearch-output.ts';
import { openElasticsearch } from '../../src/ecs/elasticsearch/open-elasticsearch.ts';
import { createDeadline } from '../../src/lib/deadline.ts';
import { SILENT_LOG } from '../../src/lib/log.ts';
import type { Connection } from '../../src/model/connection.ts';
import type { DeliveryOutcome } from '../../src/model/connection-output.ts';
import {
  CONFLICT,
  CREATED,
  startBulkServer,
  toReply,
  type BulkReply,
  type BulkRequest,
  type BulkServer,
} from '../support/bulk-server.ts';
import { waitFor } from '../support/wait-for.ts';

const TAKEN: DeliveryOutcome = { kind: 'taken', alreadyStored: undefined };
const FAST = { baseMs: 10, maxMs: 40, maxRetryAfterMs: 60_000 };
const stops: (() => Promise<void>)[] = [];

/** Stands for the real encoder: the interval's start is the id, and a document has a hundred bytes. */
const encoder = {
  encode(batch: readonly Connection[], lines: BulkLines): void {
    for (const { joinId } of batch) lines.append(joinId, JSON.stringify({ pad: 'x'.repeat(100) }));
  },
};

function toBatch(...ids: string[]): Connection[] {
  return ids.map((joinId) => ({ joinId }) as Connection);
}

function createBatch(count: number, prefix = 'd'): Connection[] {
  return toBatch(...Array.from({ length: count }, (_, i) => `${prefix}${i}`));
}

interface Scene {
  readonly output: ElasticsearchOutput;
  readonly server: BulkServer;
  readonly warnings: { readonly fields: object; readonly message: string }[];
}

/** A server that answers so, and an output that writes to it. */
async function start(
  answer: (request: BulkRequest, index: number) => BulkReply,
  changes: Partial<ElasticsearchOutputOptions> = {},
): Promise<Scene> {
  const server = await startBulkServer(answer);
  const warnings: { fields: object; message: string }[] = [];
  const output = new ElasticsearchOutput({
    address: { urls: [server.url] },
    dataStream: 'logs-podflow.flow-test',
    encoder,
    backoff: FAST,
    ignoredFieldCheckMs: 0,
    log: { ...SILENT_LOG, warn: (fields, message) => warnings.push({ fields, message }) },
    ...changes,
  });
  await output.start(new AbortController().signal);
  stops.push(() => output.stop(createDeadline(0)).then(() => server.stop()));
  return { output, server, warnings };
}

afterEach(async () => {
  await Promise.all(stops.splice(0).map((stop) => stop()));
});

describe('what is sent', () => {
  test('is one bulk request, creating in the data stream, asking for little', async () => {
    const { output, server } = await start((request) => toReply(request));
    expect(await output.deliver(toBatch('a', 'b'))).toEqual(TAKEN);
    expect(server.requests).toHaveLength(1);
    const { ids, url, headers } = server.requests[0]!;
    expect(ids).toEqual(['a', 'b']);
    expect(url).toMatch(/^\/logs-podflow\.flow-test\/_bulk\?filter_path=.*require_data_stream=true$/);
    expect(headers).toMatchObject({
      'content-type': 'application/vnd.elasticsearch+x-ndjson; compatible-with=9',
      accept: expect.stringContaining('compatible-with=9'),
    });
  });

  test('speaks version 8 and has the credentials, where it is told so', async () => {
    const { server } = await start((request) => toReply(request));
    const address = {
      urls: [server.url],
      compatibility: 8,
      credentials: { kind: 'basic', user: 'ann', secret: { value: 'p:w' } },
    } as const;
    const { output } = await start((request) => toReply(request), { address, compression: 'gzip' });
    await output.deliver(toBatch('a'));
    expect(server.requests[0]).toMatchObject({
      ids: ['a'],
      headers: {
        authorization: `Basic ${Buffer.from('ann:p:w').toString('base64')}`,
        accept: 'application/vnd.elasticsearch+json; compatible-with=8',
        'content-type': 'application/vnd.elasticsearch+x-ndjson; compatible-with=8',
        'content-encoding': 'gzip',
      },
    });
  });

  test('is cut at the size limit, with so many requests side by side', async () => {
    const slow = (request: BulkRequest): BulkReply => ({ items: request.ids.map(() => CREATED), afterMs: 20 });
    const { output, server } = await start(slow, { maxBodyBytes: 1_000, maxInFlight: 2 });
    expect(await output.deliver(createBatch(50))).toEqual(TAKEN);
    expect(server.requests.every(({ byteCount }) => byteCount <= 1_000)).toBe(true);
    expect(server.requests.flatMap(({ ids }) => ids)).toHaveLength(50);
    expect(server.mostAtOnce()).toBe(2);
  });
});

describe('answers about single documents', () => {
  test('are told by position, counted, and sampled to the log', async () => {
    const items: Record<string, object> = {
      a: CREATED,
      b: CONFLICT,
      c: {
        status: 400,
        error: { type: 'document_parsing_exception', reason: 'failed to parse field [source.ip] of type [ip]' },
      },
      d: { status: 201, failure_store: 'used' },
      e: { status: 400, error: { type: 'document_parsing_exception', reason: 'another' } },
    };
    const { output, warnings } = await start(({ ids }) => ({ items: ids.map((id) => items[id]!) }));
    expect(await output.deliver(toBatch('a', 'b', 'c', 'd', 'e'))).toEqual({
      kind: 'taken',
      alreadyStored: new Set([1]),
    });
    expect(output.counters().documents).toEqual({
      created: 1,
      duplicate: 1,
      failure_store: 1,
      rejected: 2,
      too_large: 0,
    });
    const rejections = warnings.filter(({ message }) => message.includes('refused a document'));
    expect(rejections).toHaveLength(1);
    expect(rejections[0]?.fields).toMatchObject({ id: 'c', field: 'source.ip' });
  });

  test('that pass are asked for again, of these documents alone', async () => {
    const busy = { status: 429, error: { type: 'es_rejected_execution_exception', reason: 'busy' } };
    const { output, server } = await start(({ ids }, index) => ({
      items: ids.map((id) => (index === 0 && id !== 'b' ? busy : CREATED)),
    }));
    expect(await output.deliver(toBatch('a', 'b', 'c'))).toEqual(TAKEN);
    expect(server.requests.map(({ ids }) => ids)).toEqual([
      ['a', 'b', 'c'],
      ['a', 'c'],
    ]);
    expect(output.counters()).toMatchObject({ retriedDocuments: 2, documents: { created: 3 } });
  });

  test.each([
    ['no right', { status: 403, error: { type: 'security_exception', reason: 'unauthorized' } }],
    ['no data stream', { status: 404, error: { type: 'index_not_found_exception', reason: 'no such index' } }],
  ])('of %s send the batch back: somebody can see to it', async (_, item) => {
    const { output, warnings } = await start((request) => toReply(request, item));
    expect(await output.deliver(toBatch('a'))).toMatchObject({ kind: 'later', status: 503 });
    expect(output.counters().documents).toMatchObject({ rejected: 0 });
    expect(warnings[0]?.message).toMatch(/refuses podflow/);
  });
});

describe('trouble that passes', () => {
  test.each<[string, BulkReply]>([
    ['503', { status: 503 }],
    ['429', { status: 429 }],
    ['500 in HTML, of a proxy', { status: 500, headers: { 'content-type': 'text/html' }, body: '<p>' }],
    ['a connection that is closed', 'close'],
    ['an answer that is no JSON', { status: 200, body: '{"ite' }],
    ['an answer about other documents', { items: [] }],
  ])('is met by sending again: %s', async (_, trouble) => {
    const { output, server } = await start((request, index) => (index < 2 ? trouble : toReply(request)));
    expect(await output.deliver(toBatch('a'))).toEqual(TAKEN);
    expect(server.requests).toHaveLength(3);
    expect(output.counters()).toMatchObject({ documents: { created: 1 }, retriedDocuments: 2, isAway: false });
  });

  test('is not met sooner than the server asks', async () => {
    const answer = (request: BulkRequest, index: number): BulkReply =>
      index === 0 ? { status: 429, headers: { 'retry-after': '1' } } : toReply(request);
    const { output, server } = await start(answer);
    await output.deliver(toBatch('a'));
    expect(server.requests[1]!.atMs - server.requests[0]!.atMs).toBeGreaterThanOrEqual(1_000);
  });

  test('ends at the deadline with the batch sent back', async () => {
    const { output } = await start(() => ({ status: 429 }), { timeoutMs: 150 });
    const startMs = performance.now();
    expect(await output.deliver(toBatch('a'))).toMatchObject({ kind: 'later', status: 429 });
    expect(performance.now() - startMs).toBeLessThan(1_000);
    expect(output.counters().postponedBatches).toBe(1);
  });

  test('of a server that never answers ends at the deadline too', async () => {
    const { output } = await start(() => 'hang', { timeoutMs: 200 });
    const startMs = performance.now();
    expect(await output.deliver(toBatch('a'))).toMatchObject({ kind: 'later', status: 503 });
    expect(performance.now() - startMs).toBeLessThan(1_500);
  });

  test('while the server is away one request tries, and what comes beside it is sent back at once', async () => {
    let reply: BulkReply | undefined = { status: 503 };
    const { output, server } = await start((request) => reply ?? toReply(request), { timeoutMs: 200 });
    expect(await output.deliver(toBatch('a'))).toMatchObject({ kind: 'later' });
    expect(output.counters().isAway).toBe(true);
    reply = 'hang';
    await delay(FAST.maxMs);
    const countBefore = server.requests.length;
    const trying = output.deliver(toBatch('b'));
    await waitFor('the try', () => server.requests.length > countBefore);
    const startMs = performance.now();
    const beside = await Promise.all(['c', 'd', 'e'].map((id) => output.deliver(toBatch(id))));
    expect(performance.now() - startMs).toBeLessThan(100);
    expect(beside.map(({ kind }) => kind)).toEqual(['later', 'later', 'later']);
    expect(await trying).toMatchObject({ kind: 'later' });
    expect(server.requests.slice(countBefore).map(({ ids }) => ids)).toEqual([['b']]);
    reply = undefined;
    await waitFor('the way back', async () => (await output.deliver(toBatch('f'))).kind === 'taken');
    expect(output.counters().isAway).toBe(false);
  });

  test('that began before all requests were out holds those of the same time, one after the other', async () => {
    const { output, server } = await start(() => ({ status: 503, afterMs: 20 }), { timeoutMs: 300 });
    await Promise.all([0, 1, 2, 3, 4, 5].map((i) => output.deliver(toBatch(`x${i}`))));
    // Four at first, before it was known; then one at a time, each after a wait.
    expect(server.requests.length).toBeLessThan(4 + 300 / 20);
  });

  test('of one node of two is met by the other', async () => {
    const server = await startBulkServer((request) => toReply(request));
    stops.push(() => server.stop());
    const address = { urls: ['http://127.0.0.1:9', server.url] };
    const { output } = await start((request) => toReply(request), { address });
    for (const id of ['a', 'b', 'c']) expect(await output.deliver(toBatch(id))).toEqual(TAKEN);
    expect(server.requests).toHaveLength(3);
  });
});

describe('what was stored without a word', () => {
  test('counts as new when the repetition meets it', async () => {
    const { output } = await start((request, index) => (index === 0 ? 'close' : toReply(request, CONFLICT)));
    expect(await output.deliver(toBatch('a', 'b'))).toEqual(TAKEN);
    expect(output.counters().documents).toMatchObject({ created: 0, duplicate: 2 });
  });

  test('counts as new once, when a batch that was partly stored comes again', async () => {
    const busy = { status: 429, error: { type: 'es_rejected_execution_exception', reason: 'busy' } };
    const stored = new Set<string>(['old']);
    let isBusy = true;
    const answer = ({ ids }: BulkRequest): BulkReply => ({
      items: ids.map((id) => {
        if (stored.has(id)) return CONFLICT;
        if (isBusy && id === 'c') return busy;
        stored.add(id);
        return CREATED;
      }),
    });
    const { output } = await start(answer, { timeoutMs: 200 });
    const batch = toBatch('old', 'a', 'b', 'c');
    expect(await output.deliver(batch)).toMatchObject({ kind: 'later', status: 429 });
    isBusy = false;
    expect(await output.deliver(batch)).toEqual({ kind: 'taken', alreadyStored: new Set([0]) });
    expect(await output.deliver(batch)).toEqual({ kind: 'taken', alreadyStored: new Set([0, 1, 2, 3]) });
  });
});

test('what is refused counts when its batch is done with, however often that came', async () => {
  const bad = { status: 400, error: { type: 'document_parsing_exception', reason: 'bad' } };
  const busy = { status: 429, error: { type: 'es_rejected_execution_exception', reason: 'busy' } };
  let isBusy = true;
  const answer = ({ ids }: BulkRequest): BulkReply => ({
    items: ids.map((id) => (id === 'bad' ? bad : isBusy ? busy : CREATED)),
  });
  const { output } = await start(answer, { timeoutMs: 200 });
  for (let i = 0; i < 3; i++) await output.deliver(toBatch('bad', 'good'));
  expect(output.counters().documents).toMatchObject({ created: 0, rejected: 0 });
  isBusy = false;
  await output.deliver(toBatch('bad', 'good'));
  expect(output.counters().documents).toMatchObject({ created: 1, rejected: 1 });
});

describe('bodies that are refused as a whole', () => {
  test('are halved while they are too large; what is too large alone is given up', async () => {
    const answer = (request: BulkRequest): BulkReply =>
      request.ids.length > 3 || request.ids.includes('d7')
        ? { status: 413, headers: { connection: 'close' } }
        : toReply(request);
    const { output, server } = await start(answer);
    expect(await output.deliver(createBatch(16))).toEqual(TAKEN);
    expect(output.counters().documents).toMatchObject({ created: 15, too_large: 1 });
    const countBefore = server.requests.length;
    await output.deliver(createBatch(6, 'e'));
    expect(server.requests.length - countBefore).toBeLessThanOrEqual(6);
  });

  test('are halved to find the one document to blame', async () => {
    const answer = (request: BulkRequest): BulkReply =>
      request.ids.includes('d5') ? { status: 400, body: '{"error":{"type":"x","reason":"y"}}' } : toReply(request);
    const { output } = await start(answer);
    expect(await output.deliver(createBatch(32))).toEqual(TAKEN);
    expect(output.counters().documents).toMatchObject({ created: 31, rejected: 1 });
  });

  test('are given up after so many halves', async () => {
    const { output, server } = await start(() => ({ status: 400, body: '{"error":{"type":"x","reason":"y"}}' }));
    expect(await output.deliver(createBatch(1_000))).toEqual(TAKEN);
    expect(output.counters().documents).toMatchObject({ created: 0, rejected: 1_000 });
    expect(server.requests.length).toBeLessThan(150);
  });

  test.each<[string, BulkReply]>([
    ['401', { status: 401, body: '{"error":{"type":"security_exception","reason":"who"}}' }],
    ['another product', { status: 200, headers: { 'x-elastic-product': 'other' }, body: '{}' }],
    [
      'another version',
      { status: 400, body: '{"error":{"type":"media_type_header_exception","reason":"Invalid media-type value"}}' },
    ],
    [
      'a version that lacks what is asked for',
      {
        status: 400,
        body: '{"error":{"type":"illegal_argument_exception","reason":"request [/_bulk] contains unrecognized parameter: [require_data_stream]"}}',
      },
    ],
  ])('by %s are sent back, since somebody can see to it', async (_, reply) => {
    const { output, warnings } = await start(() => reply);
    expect(await output.deliver(toBatch('a', 'b'))).toMatchObject({ kind: 'later', status: 503 });
    expect(output.counters().documents).toMatchObject({ rejected: 0 });
    expect(warnings[0]?.message).toMatch(/refuses podflow/);
  });
});

describe('the output', () => {
  test('sends back what it has no room for', async () => {
    const { output } = await start(() => 'hang', { maxPendingBytes: 100, timeoutMs: 300 });
    const first = output.deliver(toBatch('a'));
    expect(await output.deliver(toBatch('b'))).toMatchObject({
      kind: 'later',
      message: expect.stringMatching(/too many/),
    });
    expect(output.counters().pendingBytes).toBeGreaterThan(100);
    await first;
    expect(output.counters().pendingBytes).toBe(0);
  });

  test('is stopped within the deadline, and sends back what comes later', async () => {
    const { output } = await start(() => 'hang');
    const held = output.deliver(toBatch('a'));
    const startMs = performance.now();
    await output.stop(createDeadline(100));
    expect(performance.now() - startMs).toBeLessThan(1_000);
    expect(await held).toMatchObject({ kind: 'later' });
    expect(await output.deliver(toBatch('b'))).toMatchObject({ kind: 'later', status: 503 });
    await output.stop(createDeadline(0));
  });

  test('lets requests finish that the deadline leaves time for', async () => {
    const { output } = await start(({ ids }) => ({ items: ids.map(() => CREATED), afterMs: 100 }));
    const held = output.deliver(toBatch('a'));
    await output.stop(createDeadline(5_000));
    expect(await held).toEqual(TAKEN);
  });

  test('sends back before it is started, and after its signal', async () => {
    const options = { address: { urls: ['http://127.0.0.1:9'] }, dataStream: 'logs-a-b', encoder, log: SILENT_LOG };
    const output = new ElasticsearchOutput(options);
    expect(await output.deliver(toBatch('a'))).toMatchObject({ kind: 'later' });
    await output.start(AbortSignal.abort());
    expect(await output.deliver(toBatch('a'))).toMatchObject({ kind: 'later' });
    await output.stop(createDeadline(0));
  });

  test('does not start without its credentials', async () => {
    const credentials = { kind: 'api_key', secret: { path: '/nowhere/key' } } as const;
    const address = { urls: ['http://127.0.0.1:9'], credentials };
    const output = new ElasticsearchOutput({ address, dataStream: 'logs-a-b', encoder, log: SILENT_LOG });
    await expect(output.start(new AbortController().signal)).rejects.toMatchObject({ code: 'CREDENTIALS_UNREADABLE' });
  });

  test('does not start with an address that is none', async () => {
    const address = { urls: [], cloudId: 'name' };
    const output = new ElasticsearchOutput({ address, dataStream: 'logs-a-b', encoder, log: SILENT_LOG });
    await expect(output.start(new AbortController().signal)).rejects.toMatchObject({ code: 'SETTINGS_INVALID' });
  });

  test('takes the name of an Elastic Cloud deployment', async () => {
    const cloudId = `name:${Buffer.from('example.com$deployment$kibana').toString('base64')}`;
    const { client } = await openElasticsearch({ urls: [], cloudId });
    expect(client.connectionPool.connections.map(({ url }) => url.href)).toEqual(['https://deployment.example.com/']);
    await client.close();
  });
});
