import { setTimeout as sleep } from 'node:timers/promises';
import { gzipSync } from 'node:zlib';
import { SeverityNumber } from '@opentelemetry/api';
import { OTLPLogExporter } from '@opentelemetry/exporter-logs-otlp-http';
import { JsonLogsSerializer, ProtobufLogsSerializer } from '@opentelemetry/otlp-transformer';
import { resourceFromAttributes } from '@opentelemetry/resources';
import type { ReadableLogRecord } from '@opentelemetry/sdk-logs';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { createDeadline } from '../../src/lib/deadline.ts';
import { SILENT_LOG } from '../../src/lib/log.ts';
import { createOtlpSender } from '../../src/otlp/create-otlp-sender.ts';
import { ReadableRecordEncoder } from '../../src/otlp/readable-record-encoder.ts';
import { createOtlpRelay, type CreateRelayOptions } from '../../src/otlp/receive/create-otlp-relay.ts';
import type { LogsRequest } from '../../src/otlp/receive/logs-request.ts';
import type { OtlpRelay } from '../../src/otlp/receive/otlp-relay.ts';
import { OtlpReceiver, type ReceiverAnswer } from '../support/otlp-receiver.ts';
import { decodeProtobuf } from '../support/otlp-decoder.ts';
import { encodeFlows, ENCODINGS, SAMPLE_RESOURCE } from '../support/otlp-requests.ts';
import { createSampleRecord, createSampleRecords } from '../support/otlp-sample-records.ts';
import { startReceiving, type ReceivingServer } from '../support/receiving-server.ts';
import { toAccountedFor, toDroppedRecords } from '../support/stage-balance.ts';
import { waitFor } from '../support/wait-for.ts';

const TYPES = { protobuf: 'application/x-protobuf', json: 'application/json' } as const;
const DELIVERED_ID = '1:LQU9qZlK+B5F3KDmev6m5PMibrg=';

let upstream: OtlpReceiver;
let server: ReceivingServer;
let relay: OtlpRelay | undefined;

beforeEach(async () => {
  upstream = await OtlpReceiver.start();
});
afterEach(async () => {
  relay?.shutdown();
  await server.stop();
  await upstream.close();
});

/** Translates as the node would. */
function translate({ flows }: LogsRequest): void {
  for (const flow of flows) {
    flow.natState = 'translated';
    flow.natDestinationAddress = '10.244.9.12';
    flow.natDestinationPort = 8080;
    flow.natCommunityId = DELIVERED_ID;
  }
}

async function start(options: Partial<CreateRelayOptions> = {}): Promise<OtlpRelay> {
  const made = await createOtlpRelay(
    { endpoint: upstream.url, scopeVersion: '1.2.3', timeoutMs: 1_000, ...options },
    SILENT_LOG,
  );
  relay = made;
  server = await startReceiving({
    handle: (request) => {
      translate(request);
      return made.relay(request);
    },
  });
  return made;
}

function post(
  count: number,
  encoding: (typeof ENCODINGS)[number] = 'protobuf',
  signal?: AbortSignal,
): Promise<Response> {
  return fetch(`${server.url}/v1/logs`, {
    method: 'POST',
    headers: { 'content-type': TYPES[encoding], 'content-encoding': 'gzip' },
    body: gzipSync(encodeFlows(encoding, createSampleRecords(count))),
    ...(signal === undefined ? {} : { signal }),
  });
}

describe.each(ENCODINGS)('%s', (encoding) => {
  test.each(['gzip', 'none'] as const)('records go on in their encoding, compression %s', async (compression) => {
    await start({ compression });
    expect((await post(40, encoding)).status).toBe(200);
    const [request] = upstream.requests;
    expect(request?.headers['content-type']).toBe(TYPES[encoding]);
    expect(request?.headers['content-encoding']).toBe(compression === 'gzip' ? 'gzip' : undefined);
    expect(request?.headers['user-agent']).toMatch(/^podflow\/1\.2\.3/);
    expect(upstream.records).toHaveLength(40);
    const [record] = upstream.records;
    expect(record?.resource).toEqual(Object.fromEntries(SAMPLE_RESOURCE));
    expect(record?.traceId).toBe('2d053da9994af81e45dca0e67afea6e4');
    expect(record?.attributes).toMatchObject({
      'flow.id': createSampleRecord(0).flowId,
      'flow.nat.destination.address': '10.244.9.12',
      'flow.nat.destination.port': 8080,
    });
    expect(relay?.counters()).toMatchObject({
      requestsByOutcome: { sent: 1, retry: 0, rejected: 0 },
      inFlightRequests: 0,
    });
    expect(relay?.counters().sentBytes).toBe(request?.byteCount);
  });

  test('a partial success and a warning are passed back', async () => {
    await start();
    upstream.answerNext(
      { kind: 'partial', rejected: 2, message: 'odd records' },
      { kind: 'partial', rejected: 0, message: 'hm' },
    );
    const body = Buffer.from(await (await post(10, encoding)).arrayBuffer());
    const content =
      encoding === 'json' ? (JSON.parse(body.toString()) as object) : decodeProtobuf('ExportLogsServiceResponse', body);
    expect(content).toEqual({ partialSuccess: { rejectedLogRecords: '2', errorMessage: 'odd records' } });
    expect((await post(10, encoding)).status).toBe(200);
    const account = server.receiver.account();
    expect(toDroppedRecords(account)).toEqual({ partial_success: 2 });
    expect(toAccountedFor(account)).toEqual(account.received);
  });

  test.each<[string, ReceiverAnswer, number, string | null]>([
    ['503 with a time', { kind: 'status', status: 503, retryAfter: '7' }, 503, '7'],
    ['503 without', { kind: 'status', status: 503 }, 503, '5'],
    ['429 with a time', { kind: 'status', status: 429, retryAfter: '3' }, 429, '3'],
    ['502', { kind: 'status', status: 502 }, 503, '5'],
    ['504', { kind: 'status', status: 504 }, 503, '5'],
    ['400', { kind: 'status', status: 400 }, 400, null],
    ['401', { kind: 'status', status: 401 }, 400, null],
    ['404', { kind: 'status', status: 404 }, 400, null],
    ['413', { kind: 'status', status: 413 }, 400, null],
    ['500', { kind: 'status', status: 500 }, 500, null],
    ['501', { kind: 'status', status: 501 }, 500, null],
    ['307', { kind: 'status', status: 307 }, 500, null],
    ['a connection reset', { kind: 'reset' }, 503, '5'],
    ['no HTTP', { kind: 'noise' }, 503, '5'],
    ['no answer in time', { kind: 'never' }, 503, '5'],
    ['200 with a body that is no answer', { kind: 'body', body: '<html>', contentType: 'text/html' }, 200, null],
    ['200 with a body without an end', { kind: 'endless' }, 200, null],
  ])('upstream answers %s', async (_, answer, status, retryAfter) => {
    await start({ timeoutMs: 300 });
    upstream.answerNext(answer);
    const response = await post(10, encoding);
    expect(response.status).toBe(status);
    expect(response.headers.get('retry-after')).toBe(retryAfter);
    if (answer.kind === 'status') expect(await response.text()).toContain(`HTTP ${answer.status}: scripted`);
    const account = server.receiver.account();
    expect(toDroppedRecords(account)).toEqual(
      status === 200 ? {} : status === 503 || status === 429 ? { sent_back: 10 } : { rejected: 10 },
    );
    expect(toAccountedFor(account)).toEqual(account.received);
    expect(account.held.records).toBe(0);
  });
});

describe('upstream', () => {
  test('is away, and comes back', async () => {
    await start();
    await upstream.down();
    const response = await post(5);
    expect(response.status).toBe(503);
    expect(await response.text()).toContain('ECONNREFUSED');
    await upstream.up();
    expect((await post(5)).status).toBe(200);
  });

  test('is slow: few requests at a time, some wait, others are sent back', async () => {
    const made = await start({ maxInFlight: 2, maxWaiting: 3, timeoutMs: 5_000 });
    upstream.answerNext({ kind: 'never' }, { kind: 'never' });
    const gone = new AbortController();
    const stuck = [post(1, 'protobuf', gone.signal), post(1, 'protobuf', gone.signal)];
    await waitFor('two under way', () => made.counters().inFlightRequests === 2 && upstream.requests.length === 2);
    const waiting = [post(1), post(1), post(1)];
    await waitFor('three that wait', () => made.counters().waitingRequests === 3);
    const refused = await post(1);
    expect(refused.status).toBe(503);
    expect(refused.headers.get('retry-after')).toBe('1');
    expect(made.counters().refusedRequests).toBe(1);
    expect(upstream.requests).toHaveLength(2);
    await upstream.down();
    await upstream.up();
    expect((await Promise.all([...stuck, ...waiting])).map(({ status }) => status)).toEqual([503, 503, 200, 200, 200]);
  });

  test('does not get what nobody waits for any more', async () => {
    const made = await start({ maxInFlight: 1, timeoutMs: 5_000 });
    upstream.answerNext({ kind: 'never' });
    const stuck = post(1);
    await waitFor('one under way', () => upstream.requests.length === 1);
    const gone = new AbortController();
    const waiting = post(2, 'protobuf', gone.signal).catch(() => undefined);
    await waitFor('one that waits', () => made.counters().waitingRequests === 1);
    gone.abort();
    await waitFor('none that waits', () => made.counters().waitingRequests === 0);
    await waiting;
    await upstream.down();
    await upstream.up();
    await stuck;
    await sleep(50);
    expect(upstream.records).toHaveLength(0);
    expect(toDroppedRecords(server.receiver.account())).toEqual({ sent_back: 3 });
  });

  test('after the end of the relay everything is sent back at once', async () => {
    const made = await start({ maxInFlight: 1, timeoutMs: 60_000 });
    upstream.answerNext({ kind: 'never' });
    const stuck = post(1);
    await waitFor('one under way', () => upstream.requests.length === 1);
    const waiting = post(1);
    await waitFor('one that waits', () => made.counters().waitingRequests === 1);
    made.shutdown();
    const responses = await Promise.all([stuck, waiting, post(1)]);
    expect(responses.map(({ status }) => status)).toEqual([503, 503, 503]);
  });

  test('a configuration that cannot work is told at once', async () => {
    await start();
    const options = { endpoint: 'ftp://x', scopeVersion: '1' };
    await expect(createOtlpRelay(options, SILENT_LOG)).rejects.toMatchObject({ code: 'SETTINGS_INVALID' });
  });
});

describe('senders', () => {
  const record: ReadableLogRecord = {
    hrTime: [1_795_258_800, 5],
    hrTimeObserved: [1_795_258_801, 6],
    severityNumber: SeverityNumber.INFO,
    severityText: 'INFO',
    eventName: 'network.flow',
    body: { a: [1, 'b', { c: true }] },
    attributes: { 'source.address': '10.0.0.1', 'source.port': 80, 'custom.double': 0.5, 'custom.list': ['x', 'y'] },
    droppedAttributesCount: 0,
    resource: resourceFromAttributes({ 'service.name': 'other', replicas: 3 }),
    instrumentationScope: { name: 'lib', version: '2', schemaUrl: 'https://example.test' },
  };

  test.each(ENCODINGS)(
    "podflow's own, %s: all records arrive once, though upstream is away for a while",
    async (encoding) => {
      await start();
      upstream.answerNext(
        { kind: 'status', status: 503 },
        { kind: 'reset' },
        { kind: 'status', status: 429, retryAfter: '0' },
      );
      const sender = await createOtlpSender(
        {
          encoding,
          endpoint: server.url,
          flushMs: 10,
          batchRecords: 100,
          backoff: { baseMs: 20, maxMs: 50, maxRetryAfterMs: 100 },
          resource: SAMPLE_RESOURCE,
          scopeVersion: '1',
        },
        SILENT_LOG,
      );
      await sender.start(new AbortController().signal);
      sender.accept(createSampleRecords(1_000));
      await waitFor('all records', () => sender.account().held.records === 0, 15_000);
      await sender.stop(createDeadline(1_000));
      expect(upstream.records.map(({ attributes }) => attributes['flow.id'])).toEqual(
        createSampleRecords(1_000).map(({ flowId }) => flowId),
      );
      const account = server.receiver.account();
      expect(account.forwarded).toEqual(sender.account().forwarded);
      expect(account.received.records - (account.dropped.get('sent_back')?.records ?? 0)).toBe(1_000);
    },
    30_000,
  );

  test('the stock exporter', async () => {
    await start();
    const exporter = new OTLPLogExporter({ url: `${server.url}/v1/logs` });
    const records = new ReadableRecordEncoder(resourceFromAttributes({ 'service.name': 'stock' }), '9');
    records.append(createSampleRecord(3), 5e18);
    const result = await new Promise((resolve) => exporter.export([...records.finish(), record], resolve));
    expect(result).toEqual({ code: 0 });
    await exporter.shutdown();
    expect(new Set(upstream.records.map(({ resource }) => resource['service.name']))).toEqual(
      new Set(['other', 'stock']),
    );
    const other = upstream.records.find(({ resource }) => resource['service.name'] === 'other');
    expect(other?.attributes).toMatchObject({
      'source.port': 80,
      'custom.double': 0.5,
      'flow.nat.destination.port': 8080,
    });
  });

  test.each([
    ['protobuf', ProtobufLogsSerializer],
    ['json', JsonLogsSerializer],
  ] as const)('the stock serializer, %s', async (encoding, serializer) => {
    await start();
    const body = Buffer.from(serializer.serializeRequest([record, { ...record, eventName: 'other' }]) ?? []);
    const response = await fetch(`${server.url}/v1/logs`, {
      method: 'POST',
      headers: { 'content-type': TYPES[encoding] },
      body,
    });
    expect(response.status).toBe(200);
    expect(server.receiver.counters()).toMatchObject({ flowRecords: 1, otherRecords: 1 });
    const [flow, other] = upstream.records;
    expect(flow).toMatchObject({ eventName: 'network.flow', timeUnixNano: 1_795_258_800_000_000_005n });
    expect(flow?.attributes).toMatchObject({ 'source.address': '10.0.0.1', 'flow.nat.state': 'translated' });
    expect(other?.attributes).not.toHaveProperty(['flow.nat.state']);
    expect(other?.scope).toMatchObject({ name: 'lib', version: '2' });
  });
});
