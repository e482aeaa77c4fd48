import { once } from 'node:events';
import { request as httpRequest, type IncomingMessage } from 'node:http';
import { connect, type Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { createGzip, deflateSync, gzipSync, zstdCompressSync } from 'node:zlib';
import { afterEach, describe, expect, test } from '@jest/globals';
import type { LogsRequest } from '../../src/otlp/receive/logs-request.ts';
import type { OtlpReceiverOptions } from '../../src/otlp/receive/otlp-receiver.ts';
import type { RelayAnswer } from '../../src/otlp/receive/relay-answer.ts';
import { decodeProtobuf } from '../support/otlp-decoder.ts';
import { encodeFlows, ENCODINGS } from '../support/otlp-requests.ts';
import { createSampleRecords } from '../support/otlp-sample-records.ts';
import { startReceiving, type ReceivingServer } from '../support/receiving-server.ts';
import { toAccountedFor, toDroppedRecords } from '../support/stage-balance.ts';
import { waitFor } from '../support/wait-for.ts';

const TAKEN: RelayAnswer = { kind: 'taken', rejectedRecords: 0, message: '' };
const TYPES = { protobuf: 'application/x-protobuf', json: 'application/json' } as const;
const MIB = 1024 * 1024;

let server: ReceivingServer | undefined;
let handled: { records: number; flowIds: string[] }[] = [];
const sockets: Socket[] = [];

afterEach(async () => {
  for (const socket of sockets.splice(0)) socket.destroy();
  await server?.stop();
  server = undefined;
  handled = [];
});

async function start(
  options: Partial<OtlpReceiverOptions> = {},
  answer: (request: LogsRequest) => Promise<RelayAnswer> | RelayAnswer = () => TAKEN,
): Promise<ReceivingServer> {
  server = await startReceiving({
    handle: async (request) => {
      handled.push({ records: request.recordCount, flowIds: request.flows.map(({ flowId }) => flowId) });
      return answer(request);
    },
    ...options,
  });
  return server;
}

async function post(
  body: Uint8Array | string,
  headers: Record<string, string> = {},
  path = '/v1/logs',
): Promise<Response> {
  const type = { 'content-type': TYPES.protobuf };
  return fetch(`${server?.url}${path}`, { method: 'POST', headers: { ...type, ...headers }, body: Buffer.from(body) });
}

async function readStatus(response: Response): Promise<{ code?: number; message?: string }> {
  const body = Buffer.from(await response.arrayBuffer());
  return response.headers.get('content-type') === TYPES.json
    ? (JSON.parse(body.toString()) as object)
    : decodeProtobuf('Status', body);
}

/** A connection that speaks HTTP by hand. */
async function open(): Promise<{ socket: Socket; received: () => string }> {
  const socket = connect(server?.port ?? 0, '127.0.0.1');
  sockets.push(socket);
  let text = '';
  socket.on('data', (chunk: Buffer) => (text += chunk.toString('latin1'))).on('error', () => undefined);
  await once(socket, 'connect');
  return { socket, received: () => text };
}

function head(headers: Record<string, string | number>): string {
  const lines = Object.entries({ Host: 'x', 'Content-Type': TYPES.protobuf, ...headers });
  return `POST /v1/logs HTTP/1.1\r\n${lines.map(([name, value]) => `${name}: ${value}\r\n`).join('')}\r\n`;
}

describe.each(ENCODINGS)('%s', (encoding) => {
  const bytes = encodeFlows(encoding, createSampleRecords(30));
  const headers = { 'content-type': TYPES[encoding] };

  test('a request that was taken', async () => {
    await start();
    const response = await post(bytes, headers);
    expect(response.status).toBe(200);
    expect(response.headers.get('content-type')).toBe(TYPES[encoding]);
    expect(await response.text()).toBe(encoding === 'json' ? '{}' : '');
    expect(handled).toEqual([{ records: 30, flowIds: createSampleRecords(30).map(({ flowId }) => flowId) }]);
    expect(server?.receiver.counters()).toMatchObject({
      flowRecords: 30,
      otherRecords: 0,
      receivedBytes: bytes.length,
    });
  });

  test('it is answered when it was handed on, not before', async () => {
    const { promise, resolve } = Promise.withResolvers<RelayAnswer>();
    await start({}, () => promise);
    let isAnswered = false;
    const response = post(bytes, headers).then((each) => ((isAnswered = true), each));
    await waitFor('the request', () => handled.length === 1);
    await sleep(50);
    expect(isAnswered).toBe(false);
    expect(server?.receiver.account().held).toEqual({ records: 30, frames: expect.any(Number) });
    resolve(TAKEN);
    expect((await response).status).toBe(200);
  });

  test('a partial success', async () => {
    await start({}, () => ({ kind: 'taken', rejectedRecords: 3, message: 'no room for 3' }));
    const response = await post(bytes, headers);
    const body = Buffer.from(await response.arrayBuffer());
    expect(response.status).toBe(200);
    expect(
      encoding === 'json' ? JSON.parse(body.toString()) : decodeProtobuf('ExportLogsServiceResponse', body),
    ).toEqual({
      partialSuccess: { rejectedLogRecords: '3', errorMessage: 'no room for 3' },
    });
    expect(toDroppedRecords(server!.receiver.account())).toEqual({ partial_success: 3 });
  });

  test('a warning is a partial success without rejected records', async () => {
    await start({}, () => ({ kind: 'taken', rejectedRecords: 0, message: 'slow down' }));
    const body = Buffer.from(await (await post(bytes, headers)).arrayBuffer());
    const content =
      encoding === 'json' ? (JSON.parse(body.toString()) as object) : decodeProtobuf('ExportLogsServiceResponse', body);
    expect(content).toMatchObject({ partialSuccess: { errorMessage: 'slow down' } });
  });

  test.each([
    [{ kind: 'later', status: 503, retryAfterMs: 1_500, message: 'away' }, 503, 14, '2'],
    [{ kind: 'later', status: 429, retryAfterMs: 0, message: 'too fast' }, 429, 8, '1'],
    [{ kind: 'later', status: 503, retryAfterMs: undefined, message: 'away' }, 503, 14, '5'],
    [{ kind: 'refused', status: 400, message: 'bad data' }, 400, 3, null],
    [{ kind: 'refused', status: 500, message: 'ünexpected' }, 500, 13, null],
  ] as const)('%j is told as %i with code %i', async (answer, status, code, retryAfter) => {
    await start({}, () => answer);
    const response = await post(bytes, headers);
    expect(response.status).toBe(status);
    expect(response.headers.get('retry-after')).toBe(retryAfter);
    expect(await readStatus(response)).toEqual({ code, message: answer.message });
    const reason = answer.kind === 'later' ? 'sent_back' : 'rejected';
    expect(toDroppedRecords(server!.receiver.account())).toEqual({ [reason]: 30 });
  });

  test('a handler that fails is an internal error, and is survived', async () => {
    await start({}, () => Promise.reject(new Error('secret detail')));
    const response = await post(bytes, headers);
    expect(response.status).toBe(500);
    expect(await readStatus(response)).toEqual({ code: 13, message: 'internal error' });
    const account = server!.receiver.account();
    expect(toAccountedFor(account)).toEqual(account.received);
    expect(account.held.records).toBe(0);
    expect(server?.receiver.counters()).toMatchObject({ runningRequests: 0, heldBytes: 0 });
  });

  test('bytes that are no request', async () => {
    await start();
    const response = await post(bytes.subarray(0, -3), headers);
    expect(response.status).toBe(400);
    expect(await readStatus(response)).toMatchObject({ code: 3, message: expect.stringMatching(/byte \d+/) });
    expect(handled).toEqual([]);
  });

  test('a request without records is taken, and nobody is asked', async () => {
    await start();
    const response = await post(encoding === 'json' ? '{"resourceLogs":[]}' : '', headers);
    expect(response.status).toBe(200);
    expect(handled).toEqual([]);
  });

  test.each([
    ['gzip', gzipSync(bytes)],
    ['x-gzip', gzipSync(bytes)],
    ['GZIP', Buffer.concat([gzipSync(bytes.subarray(0, 500)), gzipSync(bytes.subarray(500))])],
    ['deflate', deflateSync(bytes)],
    ['zstd', zstdCompressSync(bytes)],
    ['identity', bytes],
  ])('Content-Encoding %s', async (coding, body) => {
    await start();
    expect((await post(body, { ...headers, 'content-encoding': coding })).status).toBe(200);
    expect(handled[0]?.records).toBe(30);
    expect(server?.receiver.counters().receivedBytes).toBe(body.length);
  });

  test.each(['gzip', 'deflate', 'zstd'])('a body that is no %s', async (coding) => {
    await start();
    for (const body of [Buffer.from('x'.repeat(100)), gzipSync(bytes).subarray(0, -20)]) {
      const response = await post(body, { ...headers, 'content-encoding': coding });
      expect(response.status).toBe(400);
      expect(await readStatus(response)).toMatchObject({ code: 3, message: expect.stringContaining(coding) });
    }
  });

  test('the media type may have parameters and any case', async () => {
    await start();
    const type = `${TYPES[encoding].toUpperCase()}; charset=utf-8`;
    expect((await post(bytes, { 'content-type': type })).status).toBe(200);
  });
});

describe('what is no OTLP request', () => {
  test.each([
    ['an unknown path', '/v1/traces', {}, 404],
    ['a content type that is none of ours', '/v1/logs', { 'content-type': 'text/plain' }, 415],
    ['a content coding that is none of ours', '/v1/logs', { 'content-encoding': 'br' }, 415],
  ] as const)('%s', async (_, path, headers, status) => {
    await start();
    const response = await post('x', headers, path);
    expect(response.status).toBe(status);
    expect(response.headers.get('content-type')).toMatch(/^text\/plain/);
  });

  test('another method', async () => {
    await start();
    const response = await fetch(`${server?.url}/v1/logs`);
    expect(response.status).toBe(405);
    expect(response.headers.get('allow')).toBe('POST');
  });

  test('a query does not change the path', async () => {
    await start();
    expect((await post('', {}, '/v1/logs?tenant=a')).status).toBe(200);
  });
});

describe('the size of a body', () => {
  test('an announced one is refused before it comes, and its sender reads the answer', async () => {
    await start({ bodyBytes: MIB });
    const request = httpRequest({
      port: server?.port,
      method: 'POST',
      path: '/v1/logs',
      headers: { 'content-type': TYPES.json, 'content-length': 3 * MIB },
    });
    request.on('error', () => undefined).end(Buffer.alloc(3 * MIB));
    const [response] = (await once(request, 'response')) as [IncomingMessage];
    expect(response.statusCode).toBe(413);
    expect(response.headers.connection).toBe('close');
    const [body] = (await once(response, 'data')) as [Buffer];
    expect(JSON.parse(body.toString())).toEqual({ code: 8, message: 'the request has over 1048576 bytes' });
  });

  test('a chunked one is refused when it is over', async () => {
    await start({ bodyBytes: MIB });
    const { socket, received } = await open();
    socket.write(head({ 'Transfer-Encoding': 'chunked' }));
    const chunk = `10000\r\n${'x'.repeat(65_536)}\r\n`;
    for (let i = 0; i < 17; i++) socket.write(chunk);
    await once(socket, 'close');
    expect(received()).toMatch(/^HTTP\/1\.1 413 /);
  });

  test.each(['gzip', 'deflate', 'zstd'] as const)('a decompressed one, %s', async (coding) => {
    await start({ bodyBytes: MIB });
    const compress = { gzip: gzipSync, deflate: deflateSync, zstd: zstdCompressSync }[coding];
    for (const byteCount of [MIB + 1, 20 * MIB]) {
      const response = await post(compress(Buffer.alloc(byteCount)), { 'content-encoding': coding });
      expect(response.status).toBe(413);
    }
    const whole = encodeFlows('protobuf', createSampleRecords(1_000));
    expect((await post(compress(whole), { 'content-encoding': coding })).status).toBe(200);
  });

  test('a bomb takes no more than the limit, with and without a true size in it', async () => {
    await start({ bodyBytes: 16 * MIB });
    const gzip = createGzip();
    const pieces: Buffer[] = [];
    gzip.on('data', (piece: Buffer) => pieces.push(piece));
    for (let i = 0; i < 512; i++) if (!gzip.write(Buffer.alloc(MIB))) await once(gzip, 'drain');
    gzip.end();
    await once(gzip, 'end');
    const honest = Buffer.concat(pieces);
    const lying = Buffer.concat([honest.subarray(0, -4), Buffer.of(100, 0, 0, 0)]);
    for (const bomb of [honest, lying]) {
      globalThis.gc?.();
      const before = process.memoryUsage();
      let most = 0;
      const watch = setInterval(() => (most = Math.max(most, process.memoryUsage().rss)), 2);
      const response = await post(bomb, { 'content-encoding': 'gzip' });
      clearInterval(watch);
      expect(response.status).toBe(413);
      expect((most - before.rss) / MIB).toBeLessThan(48);
    }
    expect(server?.receiver.counters().heldBytes).toBe(0);
  }, 60_000);
});

describe('senders that are slow, or go away', () => {
  test('a body that does not come in time is answered 408, and the connection closed', async () => {
    await start({ bodyMs: 200 });
    const { socket, received } = await open();
    const startMs = performance.now();
    socket.write(`${head({ 'Content-Length': 100 })}abc`);
    const drip = setInterval(() => socket.write('x'), 20);
    await once(socket, 'close');
    clearInterval(drip);
    expect(performance.now() - startMs).toBeLessThan(1_500);
    expect(received()).toMatch(/^HTTP\/1\.1 408 /);
    expect(received()).toMatch(/connection: close/i);
    expect(server?.receiver.counters()).toMatchObject({ runningRequests: 0, heldBytes: 0 });
  });

  test('a sender that goes away within its body is counted', async () => {
    await start();
    const { socket } = await open();
    socket.write(`${head({ 'Content-Length': 100 })}abc`);
    await waitFor('the request to run', () => server?.receiver.counters().runningRequests === 1);
    socket.resetAndDestroy();
    await waitFor('its end', () => server?.receiver.counters().abortedRequests === 1);
    expect(server?.receiver.counters()).toMatchObject({ runningRequests: 0, heldBytes: 0 });
    expect(handled).toEqual([]);
  });

  test('a sender that goes away before the answer: the handler is told', async () => {
    let signal: AbortSignal | undefined;
    const { promise, resolve } = Promise.withResolvers<RelayAnswer>();
    await start({}, (request) => {
      ({ signal } = request);
      return promise;
    });
    const { socket } = await open();
    const bytes = encodeFlows('protobuf', createSampleRecords(5));
    socket.write(head({ 'Content-Length': bytes.length }));
    socket.write(bytes);
    await waitFor('the request', () => signal);
    expect(signal?.aborted).toBe(false);
    socket.destroy();
    await waitFor('the signal', () => signal?.aborted);
    resolve(TAKEN);
    await waitFor('the end', () => server?.receiver.counters().abortedRequests === 1);
    expect(server?.receiver.account().forwarded.records).toBe(5);
  });
});

describe('several requests', () => {
  const bytes = encodeFlows('protobuf', createSampleRecords(200));

  test('over one kept connection, with the same records used again', async () => {
    const records = new Set<unknown>();
    await start({}, ({ flows }) => {
      flows.forEach((flow) => records.add(flow));
      return TAKEN;
    });
    const { socket, received } = await open();
    for (let i = 1; i <= 3; i++) {
      socket.write(head({ 'Content-Length': bytes.length }));
      socket.write(bytes);
      await waitFor(`answer ${i}`, () => received().match(/200 OK/g)?.length === i);
    }
    expect(received()).not.toMatch(/connection: close/i);
    expect(records.size).toBe(200);
  });

  test('beyond the memory for all are sent back, the others taken', async () => {
    const gate = Promise.withResolvers<void>();
    const heldBytes = 2 * bytes.length + 200 * 1024;
    await start({ memoryBytes: 2.5 * heldBytes }, () => gate.promise.then(() => TAKEN));
    const first = post(bytes);
    await waitFor('the first', () => handled.length === 1);
    const second = post(bytes);
    await waitFor('the second', () => handled.length === 2);
    expect(server?.receiver.counters()).toMatchObject({ runningRequests: 2, heldBytes: 2 * heldBytes });
    const third = await post(bytes);
    expect(third.status).toBe(503);
    expect(third.headers.get('retry-after')).toBe('1');
    gate.resolve();
    expect((await Promise.all([first, second])).map(({ status }) => status)).toEqual([200, 200]);
    expect((await post(bytes)).status).toBe(200);
    expect(server?.receiver.counters().requestsByStatus).toEqual(
      new Map([
        [503, 1],
        [200, 3],
      ]),
    );
  });

  test('side by side, each is answered for itself and the account adds up', async () => {
    await start({}, async ({ flows }) => {
      await sleep(5 * (flows.length % 4));
      return flows.length % 3 === 0 ? { kind: 'later', status: 503, retryAfterMs: 1, message: 'x' } : TAKEN;
    });
    const counts = Array.from({ length: 60 }, (_, i) => i + 1);
    const statuses = await Promise.all(
      counts.map(async (count, i) => {
        const encoding = i % 2 === 0 ? 'protobuf' : 'json';
        const body = encodeFlows(encoding, createSampleRecords(count));
        const response = await post(gzipSync(body), { 'content-type': TYPES[encoding], 'content-encoding': 'gzip' });
        await response.arrayBuffer();
        return response.status;
      }),
    );
    expect(statuses).toEqual(counts.map((count) => (count % 3 === 0 ? 503 : 200)));
    const account = server!.receiver.account();
    expect(account.received.records).toBe((60 * 61) / 2);
    expect(toDroppedRecords(account)).toEqual({ sent_back: (3 * 20 * 21) / 2 });
    expect(toAccountedFor(account)).toEqual(account.received);
    expect(account.held).toEqual({ records: 0, frames: 0 });
  });
});
