import { Agent, request, type IncomingMessage, type ServerResponse } from 'node:http';
import { connect } from 'node:net';
import { text } from 'node:stream/consumers';
import { afterEach, describe, expect, test } from '@jest/globals';
import { createDeadline } from '../../src/lib/deadline.ts';
import { SILENT_LOG } from '../../src/lib/log.ts';
import { PodflowError } from '../../src/lib/podflow-error.ts';
import type { HttpHandler, Readiness } from '../../src/web/http-handler.ts';
import { HttpServer, type ListenAddress } from '../../src/web/http-server.ts';
import { createRouteTable } from '../../src/web/route-table.ts';

const running: HttpServer[] = [];
afterEach(async () => {
  await Promise.all(running.splice(0).map((server) => server.stop(createDeadline(0))));
});

interface Setup {
  readonly routes?: Record<string, HttpHandler>;
  readonly readiness?: () => Readiness;
  readonly host?: string;
  readonly port?: number;
}

function create({ routes = {}, readiness = () => ({ ready: true, detail: {} }), host = '127.0.0.1', port = 0 }: Setup) {
  const handler = createRouteTable({ routes, readiness, log: SILENT_LOG });
  const server = new HttpServer({ host, port, flag: '--metrics-port', handler, log: SILENT_LOG });
  running.push(server);
  return server;
}

async function start(setup: Setup = {}): Promise<{ server: HttpServer; address: ListenAddress }> {
  const server = create(setup);
  return { server, address: await server.start() };
}

describe('paths', () => {
  test('/healthz answers as long as the process lives', async () => {
    const { address } = await start({ readiness: () => ({ ready: false, detail: {} }) });
    const answer = await fetch(`${address.url}/healthz`);
    expect([answer.status, await answer.json()]).toEqual([200, { status: 'ok' }]);
  });

  test('/readyz answers 503 until it is ready, with the detail', async () => {
    const state = { ready: false };
    const { address } = await start({ readiness: () => ({ ready: state.ready, detail: { capture: 'starting' } }) });
    const before = await fetch(`${address.url}/readyz`);
    expect([before.status, await before.json()]).toEqual([503, { ready: false, capture: 'starting' }]);
    state.ready = true;
    expect((await fetch(`${address.url}/readyz`)).status).toBe(200);
  });

  test('a route answers by its exact path, a query aside', async () => {
    const { address } = await start({ routes: { '/metrics': (_, response) => void response.end('m 1\n') } });
    expect(await (await fetch(`${address.url}/metrics?name[]=m`)).text()).toBe('m 1\n');
    expect((await fetch(`${address.url}/metrics/`)).status).toBe(404);
  });

  test.each(['/', '/nothing', '/%', '//healthz', '/healthz/../etc', '/__proto__', '/constructor'])(
    '%s is answered 404 as JSON',
    async (path) => {
      const { address } = await start();
      const answer = await send(address, { path });
      expect(answer.statusCode).toBe(404);
      expect(answer.headers['content-type']).toBe('application/json; charset=utf-8');
      expect(JSON.parse(await text(answer))).toEqual({ error: 'not found', paths: ['/healthz', '/readyz'] });
    },
  );

  test.each(['POST', 'PUT', 'DELETE', 'OPTIONS', 'TRACE'])('%s is answered 405', async (method) => {
    const { address } = await start();
    const answer = await send(address, { path: '/healthz', method });
    expect([answer.statusCode, answer.headers.allow]).toEqual([405, 'GET, HEAD']);
  });

  test('HEAD has the head of GET and no body', async () => {
    const { address } = await start();
    const answer = await fetch(`${address.url}/readyz`, { method: 'HEAD' });
    expect([answer.status, await answer.text()]).toEqual([200, '']);
  });

  test('a handler that fails is answered 500, and the server lives on', async () => {
    const { address } = await start({ routes: { '/fail': async () => Promise.reject(new Error('planted')) } });
    const answer = await fetch(`${address.url}/fail`);
    expect([answer.status, await answer.json()]).toEqual([500, { error: 'internal error' }]);
    expect((await fetch(`${address.url}/healthz`)).status).toBe(200);
  });

  test('a handler that fails within its answer has the connection cut, so that no part passes for the whole', async () => {
    const { address } = await start({ routes: { '/fail': failHalfway } });
    const answer = await send(address, { path: '/fail' });
    await expect(text(answer)).rejects.toThrow('aborted');
  });

  test('what is not HTTP is answered 400', async () => {
    const { address } = await start();
    const socket = connect(address.port, address.host);
    socket.end('\u0016\u0003\u0001 hello\r\n\r\n');
    expect(await text(socket)).toMatch(/^HTTP\/1\.1 400 /);
  });
});

describe('listening', () => {
  test('port 0 tells the real address', async () => {
    const { address } = await start();
    expect(address.port).toBeGreaterThan(0);
    expect(address.url).toBe(`http://127.0.0.1:${address.port}`);
  });

  test('an IPv6 address stands in brackets', async () => {
    const { address } = await start({ host: '::1' });
    expect(address.url).toBe(`http://[::1]:${address.port}`);
    expect((await fetch(`${address.url}/healthz`)).status).toBe(200);
  });

  test('a port that is taken is a configuration error that names the setting', async () => {
    const { address } = await start();
    const error = await create({ port: address.port })
      .start()
      .then(() => undefined, toPodflowError);
    expect(error).toMatchObject({ code: 'ADDRESS_IN_USE', exitCode: 2 });
    expect(error?.message).toBe(`Cannot listen on 127.0.0.1:${address.port}: address already in use`);
    expect(error?.remedy).toContain('--metrics-port');
  });

  test('an address of another machine cannot be had either', async () => {
    const error = await create({ host: '192.0.2.1' })
      .start()
      .then(() => undefined, toPodflowError);
    expect(error?.message).toContain('address not available');
  });
});

describe('stop', () => {
  test('closes idle keep-alive connections at once, and is safe twice', async () => {
    const { server, address } = await start();
    const agent = new Agent({ keepAlive: true });
    await text(await send(address, { path: '/healthz', agent }));
    const startMs = performance.now();
    await Promise.all([server.stop(createDeadline(5_000)), server.stop(createDeadline(5_000))]);
    await server.stop(createDeadline(5_000));
    expect(performance.now() - startMs).toBeLessThan(1_000);
    agent.destroy();
    await expect(send(address, { path: '/healthz' })).rejects.toThrow('ECONNREFUSED');
  });

  test('lets a running answer finish, then closes its keep-alive connection without waiting for the deadline', async () => {
    const { promise: arrived, resolve: arrive } = Promise.withResolvers<void>();
    const slow: HttpHandler = async (_, response) => {
      arrive();
      await new Promise((resolve) => setTimeout(resolve, 200));
      response.end('done');
    };
    const { server, address } = await start({ routes: { '/slow': slow } });
    const agent = new Agent({ keepAlive: true });
    const answer = send(address, { path: '/slow', agent }).then(async (response) => text(response));
    await arrived;
    const startMs = performance.now();
    await server.stop(createDeadline(10_000));
    expect(await answer).toBe('done');
    expect(performance.now() - startMs).toBeLessThan(2_000);
    agent.destroy();
  });

  test('cuts what is not finished at the deadline', async () => {
    const { promise: arrived, resolve: arrive } = Promise.withResolvers<void>();
    const { server, address } = await start({ routes: { '/never': () => arrive() } });
    const answer = send(address, { path: '/never' }).then(
      () => 'answered',
      () => 'cut',
    );
    await arrived;
    const startMs = performance.now();
    await server.stop(createDeadline(100));
    expect(await answer).toBe('cut');
    expect(performance.now() - startMs).toBeLessThan(2_000);
  });

  test('before the start is no error', async () => {
    await expect(create({}).stop(createDeadline(100))).resolves.toBeUndefined();
  });
});

async function failHalfway(_: IncomingMessage, response: ServerResponse): Promise<void> {
  await new Promise<void>((resolve) => response.write('half', () => resolve()));
  throw new Error('planted');
}

async function send(
  { host, port }: ListenAddress,
  options: { path: string; method?: string; agent?: Agent },
): Promise<IncomingMessage> {
  const { promise, resolve, reject } = Promise.withResolvers<IncomingMessage>();
  request({ host, port, agent: false, ...options }, resolve)
    .on('error', reject)
    .end();
  return promise;
}

function toPodflowError(error: unknown): PodflowError {
  if (error instanceof PodflowError) return error;
  throw error;
}
