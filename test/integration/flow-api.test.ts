import { request, type IncomingMessage } from 'node:http';
import { text } from 'node:stream/consumers';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { createDeadline } from '../../src/lib/deadline.ts';
import { SILENT_LOG } from '../../src/lib/log.ts';
import { DeniedPairs } from '../../src/map/denied-pairs.ts';
import { FlowMap } from '../../src/map/flow-map.ts';
import type { Connection } from '../../src/model/connection.ts';
import { createApi, type ApiOptions } from '../../src/web/api/create-api.ts';
import { RecentFlows } from '../../src/web/api/recent-flows.ts';
import { HttpServer } from '../../src/web/http-server.ts';
import { createRouteTable } from '../../src/web/route-table.ts';
import { findSchemaProblems, type SchemaObject } from '../support/json-schema.ts';
import { createMixedConnection, createMixedEnds } from '../support/mixed-connections.ts';
import { SAMPLE_INTERVAL_MS } from '../support/sample-connections.ts';
import { seededRandom } from '../support/seeded-random.ts';

type Json = Readonly<Record<string, unknown>>;
type Flow = Readonly<Record<string, string | number | undefined>>;

interface Operation {
  readonly parameters: readonly { readonly name: string; readonly schema: SchemaObject }[];
  readonly responses: Readonly<Record<string, { readonly content: Record<string, { readonly schema: SchemaObject }> }>>;
}

interface OpenApiDocument {
  readonly openapi: string;
  readonly paths: Readonly<Record<string, Readonly<Record<string, Operation>>>>;
  readonly components: { readonly schemas: Readonly<Record<string, SchemaObject>> };
}

const FLOWS = 400;
const seed = Date.now() % 1_000_000;
const running: HttpServer[] = [];
let url = '';
let document: OpenApiDocument;
/** All flows, newest first, as the API tells them. */
let everything: readonly Flow[];

async function serve(options: Partial<ApiOptions> = {}): Promise<string> {
  const api = createApi({
    flows: new RecentFlows(),
    map: new FlowMap(),
    denied: new DeniedPairs(),
    log: SILENT_LOG,
    ...options,
  });
  const readiness = () => ({ ready: true, detail: {} });
  const routes = { '/metrics': (_: unknown, response: { end(text: string): unknown }) => void response.end('m 1\n') };
  const handler = createRouteTable({ routes, prefixes: { '/api': api }, readiness, log: SILENT_LOG });
  const server = new HttpServer({ host: '127.0.0.1', port: 0, flag: '--http-port', handler, log: SILENT_LOG });
  running.push(server);
  return (await server.start()).url;
}

async function get(
  path: string,
): Promise<{ readonly status: number; readonly type: string | null; readonly body: Json }> {
  const answer = await fetch(url + path);
  return { status: answer.status, type: answer.headers.get('content-type'), body: (await answer.json()) as Json };
}

async function getFlows(query: string): Promise<readonly Flow[]> {
  const { status, body } = await get(`/api/flows?limit=1000&${query}`);
  expect([query, status]).toEqual([query, 200]);
  return body['flows'] as Flow[];
}

beforeAll(async () => {
  const random = seededRandom(seed);
  const ends = createMixedEnds();
  const flows = new RecentFlows();
  const map = new FlowMap({ nowMs: () => SAMPLE_INTERVAL_MS + 100_000 });
  const connections: Connection[] = Array.from({ length: FLOWS }, (_, i) =>
    createMixedConnection(random, ends, SAMPLE_INTERVAL_MS + Math.floor((10 * i) / FLOWS) * 10_000),
  );
  const denied = new DeniedPairs({ nowMs: () => SAMPLE_INTERVAL_MS + 100_000 });
  for (const sink of [flows, map, denied]) sink.accept(connections);
  url = await serve({ flows, map, denied });
  document = (await get('/api/openapi.json')).body as unknown as OpenApiDocument;
  everything = await getFlows('');
});

afterAll(async () => {
  await Promise.all(running.splice(0).map((server) => server.stop(createDeadline(0))));
});

/** What each parameter of `/api/flows` asks for, told of the flow's JSON by itself. */
const MEANINGS: Readonly<Record<string, readonly (readonly [string, (flow: Flow) => boolean])[]>> = {
  namespace: [['bank', (f) => [f['source.k8s.namespace.name'], f['destination.k8s.namespace.name']].includes('bank')]],
  workload: [
    ['app-1', (f) => [f['source.k8s.workload.name'], f['destination.k8s.workload.name']].includes('app-1')],
    ['shop/app-3', (f) => endsOf(f, 'k8s.workload.name').includes('shop/app-3')],
    ['shop/app-1', () => false],
  ],
  pod: [['shop/app-0-7d9f8b6c5d-32azgg', (f) => endsOf(f, 'k8s.pod.name').includes('shop/app-0-7d9f8b6c5d-32azgg')]],
  node: [['node-1', (f) => [f['source.k8s.node.name'], f['destination.k8s.node.name']].includes('node-1')]],
  service: [
    ['cart', (f) => f['destination.k8s.service.name'] === 'cart'],
    ['bank/cart', (f) => serviceOf(f) === 'bank/cart'],
    ['bank/ledger', (f) => serviceOf(f) === 'bank/ledger'],
  ],
  address: [
    ['203.0.113.10', (f) => [f['source.address'], f['destination.address']].includes('203.0.113.10')],
    ['10.96.0.3', (f) => f['flow.nat.original.destination.address'] === '10.96.0.3'],
  ],
  port: [
    ['443', (f) => f['destination.port'] === 443],
    ['81', (f) => f['flow.nat.original.destination.port'] === 81],
  ],
  transport: [['udp', (f) => f['network.transport'] === 'udp']],
  verdict: [
    ['dropped', (f) => f['flow.verdict'] === 'dropped'],
    ['dropped,rejected', (f) => f['flow.verdict'] === 'dropped' || f['flow.verdict'] === 'rejected'],
  ],
  reason: [
    [
      'syn_unanswered,ttl_exceeded,admin_prohibited,connection_refused',
      (f) =>
        ['syn_unanswered', 'ttl_exceeded', 'admin_prohibited', 'connection_refused'].includes(
          String(f['flow.drop.reason']),
        ),
    ],
  ],
  judgement: [
    ['denied,unknown', (f) => f['flow.policy.verdict'] === 'denied' || f['flow.policy.verdict'] === 'unknown'],
  ],
  policy: [
    ['access-nginx', (f) => f['flow.policy.name'] === 'access-nginx'],
    ['shop/access-nginx', (f) => f['flow.policy.namespace'] === 'shop' && f['flow.policy.name'] === 'access-nginx'],
  ],
  finding: [
    ['denied', (f) => f['flow.finding'] === 'denied'],
    ['unexplained,unexpectedly_allowed', (f) => String(f['flow.finding']).startsWith('une')],
  ],
  from: [
    [String(SAMPLE_INTERVAL_MS + 42_000), (f) => Number(f['flow.end']) >= (SAMPLE_INTERVAL_MS + 42_000) * 1e6],
    ['2026-11-21T11:00:50Z', (f) => Number(f['flow.end']) >= Date.parse('2026-11-21T11:00:50Z') * 1e6],
  ],
  to: [['2026-11-21T12:00:30.5%2B01:00', (f) => Number(f['flow.start']) < Date.parse('2026-11-21T11:00:30.5Z') * 1e6]],
};

function endsOf(flow: Flow, name: string): string[] {
  return ['source', 'destination'].map((side) => `${flow[`${side}.k8s.namespace.name`]}/${flow[`${side}.${name}`]}`);
}

function serviceOf(flow: Flow): string {
  return `${flow['destination.k8s.service.namespace.name']}/${flow['destination.k8s.service.name']}`;
}

describe('/api/flows', () => {
  test('tells the newest flows first, each but once', () => {
    expect(everything).toHaveLength(FLOWS);
    const intervals = everything.map((flow) => Math.floor(Number(flow['flow.start']) / 1e10));
    expect(intervals).toEqual(intervals.toSorted((a, b) => b - a));
  });

  test('tells a hundred where no limit is given', async () => {
    expect((await get('/api/flows')).body['flows']).toEqual(everything.slice(0, 100));
  });

  test.each(
    Object.entries(MEANINGS).flatMap(([name, cases]) => cases.map(([value, matches]) => ({ name, value, matches }))),
  )('with $name=$value tells those flows and no others', async ({ name, value, matches }) => {
    const flows = await getFlows(`${name}=${value}`);
    expect({ seed, flows }).toEqual({ seed, flows: everything.filter(matches) });
    if (value !== 'shop/app-1') expect(flows.length).toBeGreaterThan(0);
    expect(flows.length).toBeLessThan(FLOWS);
  });

  test('with several parameters tells the flows that match all', async () => {
    const both = await getFlows('namespace=bank&transport=udp&verdict=forwarded');
    expect(both.length).toBeGreaterThan(0);
    expect(both).toEqual(
      everything.filter(
        (flow) =>
          MEANINGS['namespace']![0]![1](flow) &&
          flow['network.transport'] === 'udp' &&
          flow['flow.verdict'] === 'forwarded',
      ),
    );
  });

  test('is read to the end by its cursor', async () => {
    const seen: unknown[] = [];
    let cursor: string | undefined = '';
    while (cursor !== undefined) {
      const { body }: { body: Json } = await get(
        `/api/flows?limit=33&transport=tcp${cursor === '' ? '' : `&cursor=${cursor}`}`,
      );
      seen.push(...(body['flows'] as Flow[]));
      cursor = body['nextCursor'] as string | undefined;
    }
    expect(seen).toEqual(everything.filter((flow) => flow['network.transport'] === 'tcp'));
  });
});

describe('/api/map', () => {
  test('tells the sums of the flows', async () => {
    for (const level of ['workload', 'pod']) {
      const { body } = await get(`/api/map?level=${level}`);
      const edges = body['edges'] as Json[];
      const sumOf = (items: readonly Json[], name: string) => items.reduce((sum, item) => sum + Number(item[name]), 0);
      expect(sumOf(edges, 'bytes')).toBe(sumOf(everything, 'flow.bytes.delta'));
      expect(sumOf(edges, 'reversePackets')).toBe(sumOf(everything, 'flow.reverse.packets.delta'));
    }
  });

  test.each([
    [
      'namespace=bank',
      (map: Json) =>
        (map['edges'] as Json[]).every((e) => /\/bank\//.test(JSON.stringify([e['source'], e['destination']]))),
    ],
    ['window=30s', (map: Json) => map['fromMs'] === SAMPLE_INTERVAL_MS + 70_000],
    ['limit=3', (map: Json) => (map['edges'] as Json[]).length === 3 && Number(map['omittedEdges']) > 0],
    ['level=pod', (map: Json) => (map['nodes'] as Json[]).some(({ kind }) => kind === 'pod')],
  ])('with %s tells what is asked for', async (query, holds) => {
    const { status, body } = await get(`/api/map?${query}`);
    expect([status, holds(body)]).toEqual([200, true]);
    expect((body['edges'] as Json[]).length).toBeGreaterThan(0);
    expect(body).not.toEqual((await get('/api/map')).body);
  });
});

describe('what cannot be asked for', () => {
  test.each(['/api/flows', '/api/map', '/api/denied', '/api/openapi.json'])(
    '%s refuses every parameter it does not document',
    async (path) => {
      const documented = document.paths[path]!['get']!.parameters.map(({ name }) => name);
      const all = Object.values(document.paths).flatMap((each) => each['get']!.parameters.map(({ name }) => name));
      for (const name of new Set([...all, 'q', 'Namespace', 'toString', 'limit[]'])) {
        const { status } = await get(`${path}?${name}=%00`);
        // The value is wrong for all of them, too.
        expect([name, status]).toEqual([name, 400]);
        if (documented.includes(name)) continue;
        expect((await get(`${path}?${name}=1`)).status).toBe(400);
      }
    },
  );

  test('is told as a problem document that names everything', async () => {
    const { status, type, body } = await get('/api/flows?limit=0&verdict=lost&colour=red');
    expect([status, type]).toEqual([400, 'application/problem+json; charset=utf-8']);
    expect(body).toEqual({
      type: 'about:blank',
      title: 'Bad Request',
      status: 400,
      detail: 'Parameters that cannot be used: colour, verdict, limit.',
      errors: [
        { parameter: 'colour', detail: expect.stringContaining('is not known; known are namespace, ') },
        { parameter: 'verdict', detail: 'has "lost", none of forwarded, dropped, rejected, unknown' },
        { parameter: 'limit', detail: 'is not within 1 to 1000' },
      ],
    });
    expect(problemsOf('/api/flows', '400', 'application/problem+json', body)).toEqual([]);
  });

  test.each(['/api/', '/api/nothing', '/api/flows/', '/api/Flows', '/api//flows', '/api/%', '/api/../metrics'])(
    '%s is answered 404',
    async (path) => {
      const answer = await send(path);
      expect(answer.statusCode).toBe(404);
      expect(JSON.parse(await text(answer))).toMatchObject({
        status: 404,
        title: 'Not Found',
        paths: ['/api/flows', '/api/map', '/api/denied', '/api/openapi.json'],
      });
    },
  );

  test.each(['POST', 'PUT', 'DELETE', 'OPTIONS', 'PATCH'])('%s is answered 405', async (method) => {
    const answer = await send('/api/flows', { method });
    expect([answer.statusCode, answer.headers.allow]).toEqual([405, 'GET, HEAD']);
    expect(JSON.parse(await text(answer))).toEqual({ error: 'method not allowed' });
  });

  test('what fails within is answered 500 without a word of why, and logged', async () => {
    const logged: unknown[] = [];
    const map = {
      snapshot: () => {
        throw new TypeError('a secret');
      },
    };
    const failing = await serve({ map, log: { ...SILENT_LOG, error: (fields) => logged.push(fields) } });
    const answer = await fetch(`${failing}/api/map`);
    expect([answer.status, await answer.json()]).toEqual([
      500,
      {
        type: 'about:blank',
        title: 'Internal Server Error',
        status: 500,
        detail: 'The request could not be answered.',
      },
    ]);
    expect(logged).toEqual([{ err: new TypeError('a secret'), path: '/api/map' }]);
  });
});

describe('the answers', () => {
  test.each(['/api/flows', '/api/map', '/api/denied', '/api/openapi.json', '/api/nothing'])(
    'of %s are not stored, tagged or signed',
    async (path) => {
      const { headers } = await fetch(url + path);
      expect(headers.get('cache-control')).toBe('no-store');
      expect(headers.get('x-content-type-options')).toBe('nosniff');
      for (const name of ['etag', 'x-powered-by', 'access-control-allow-origin']) expect(headers.get(name)).toBeNull();
    },
  );

  test('to HEAD have the head of GET and no body', async () => {
    const [head, full] = [await send('/api/map', { method: 'HEAD' }), await send('/api/map')];
    expect([head.statusCode, await text(head)]).toEqual([200, '']);
    expect(head.headers['content-type']).toBe(full.headers['content-type']);
    full.resume();
  });

  test('may be read by pages of the origins that are allowed, and no others', async () => {
    const open = await serve({ allowedOrigins: ['https://grafana.example'] });
    const [allowed, other] = await Promise.all(
      ['https://grafana.example', 'https://evil.example'].map((origin) =>
        fetch(`${open}/api/map`, { headers: { origin } }),
      ),
    );
    expect(allowed?.headers.get('access-control-allow-origin')).toBe('https://grafana.example');
    expect(other?.headers.get('access-control-allow-origin')).toBeNull();
    expect([allowed, other].map((answer) => answer?.headers.get('vary'))).toEqual(['Origin', 'Origin']);
  });

  test('of the other paths of the server stay as they are', async () => {
    expect(await (await fetch(`${url}/metrics`)).text()).toBe('m 1\n');
    const { status, body } = await get('/api');
    expect([status, body['paths']]).toEqual([404, ['/healthz', '/readyz', '/metrics', '/api/']]);
  });
});

describe('the OpenAPI document', () => {
  test('has the form of OpenAPI 3.1', () => {
    expect(document.openapi).toMatch(/^3\.1\.\d+$/);
    expect(document).toMatchObject({ info: { title: expect.any(String), version: expect.any(String) } });
    const operations = Object.entries(document.paths).flatMap(([path, item]) => {
      expect([path, Object.keys(item)]).toEqual([path, ['get']]);
      return Object.values(item);
    });
    expect(new Set(operations.map((operation) => Reflect.get(operation, 'operationId'))).size).toBe(operations.length);
    for (const { parameters, responses } of operations) {
      expect(Object.keys(responses)).toEqual(['200', '400']);
      for (const response of Object.values(responses)) {
        expect(response).toMatchObject({ description: expect.stringMatching(/./), content: expect.any(Object) });
      }
      for (const parameter of parameters) {
        expect(parameter).toMatchObject({ in: 'query', required: false, description: expect.stringMatching(/./) });
        const isList = parameter.schema['type'] === 'array';
        expect(Reflect.get(parameter, 'explode')).toBe(isList ? false : undefined);
      }
      expect(new Set(parameters.map(({ name }) => name)).size).toBe(parameters.length);
    }
  });

  test('refers only to what it has, and has nothing to which it does not refer', () => {
    const references = [...JSON.stringify(document).matchAll(/"\$ref":"#\/components\/schemas\/(\w+)"/g)].map(
      ([, name]) => name!,
    );
    expect(new Set(references)).toEqual(new Set(Object.keys(document.components.schemas)));
  });

  test.each(['/api/flows?limit=1000', '/api/map', '/api/map?level=pod', '/api/denied'])(
    'describes the answer of %s',
    async (path) => {
      const { body } = await get(path);
      expect(problemsOf(path.split('?')[0]!, '200', 'application/json', body)).toEqual([]);
      const { flows = [], edges = [], nodes = [], pairs = [] } = body as Record<string, unknown[]>;
      expect(flows.length + edges.length + nodes.length + pairs.length).toBeGreaterThan(10);
    },
  );

  test('documents every parameter with a default that it takes', async () => {
    for (const [path, { get: operation }] of Object.entries(document.paths)) {
      for (const { name, schema } of operation!.parameters) {
        if (schema['default'] === undefined) continue;
        expect(findSchemaProblems(schema, schema['default'], resolve)).toEqual([]);
        const { status, body } = await get(`${path}?${name}=${JSON.stringify(schema['default']).replaceAll('"', '')}`);
        expect([status, JSON.stringify(body)]).toEqual([200, JSON.stringify((await get(path)).body)]);
      }
    }
  });

  test('has a test of each parameter of /api/flows', () => {
    const names = document.paths['/api/flows']!['get']!.parameters.map(({ name }) => name);
    expect(new Set(names)).toEqual(new Set([...Object.keys(MEANINGS), 'limit', 'cursor']));
  });

  test('draws the same line as the server: the bounds of numbers and the words of lists', async () => {
    let checked = 0;
    for (const [path, { get: operation }] of Object.entries(document.paths)) {
      for (const { name, schema } of operation!.parameters) {
        for (const [value, isRight] of toTrials(schema)) {
          expect([name, value, (await get(`${path}?${name}=${value}`)).status]).toEqual([
            name,
            value,
            isRight ? 200 : 400,
          ]);
          checked++;
        }
      }
    }
    expect(checked).toBeGreaterThan(30);
  });
});

/** Values at the edges of a schema, and whether they keep it. */
function toTrials(schema: SchemaObject): readonly (readonly [value: string, isRight: boolean])[] {
  const { type, minimum, maximum, items, pattern } = schema as Record<string, number>;
  const words = (Reflect.get(Object(items ?? schema), 'enum') ?? []) as string[];
  const known = words.map((word) => [word, true] as const);
  if (String(type) === 'integer') {
    return [
      [String(minimum), true],
      [String(maximum), true],
      [String(minimum! - 1), false],
      [String(maximum! + 1), false],
      [`${minimum}.5`, false],
    ];
  }
  if (words.length > 0) return [...known, ['nothing', false], [words.join(','), String(type) === 'array']];
  if (pattern === undefined)
    return [
      ['2026-11-21T11:00:00Z', true],
      ['5', true],
      ['x', false],
    ];
  return ['cart', 'shop/cart', '1m', '::1', '10.0.0.1', 'a b', '', 'ä', '-'].map((value) => [
    encodeURIComponent(value),
    new RegExp(String(pattern), 'u').test(value),
  ]);
}

function resolve(reference: string): SchemaObject {
  return document.components.schemas[reference.split('/').at(-1)!]!;
}

function problemsOf(path: string, status: string, type: string, body: unknown): string[] {
  const schema = document.paths[path]!['get']!.responses[status]!.content[type]!.schema;
  return findSchemaProblems(schema, body, resolve);
}

/** Sends a path as it stands. */
async function send(path: string, { method = 'GET' } = {}): Promise<IncomingMessage> {
  const { promise, resolve: answer, reject } = Promise.withResolvers<IncomingMessage>();
  const { hostname, port } = new URL(url);
  request({ hostname, port, path, method, agent: false }, answer).once('error', reject).end();
  return promise;
}
