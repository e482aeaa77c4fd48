import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { createDeadline } from '../../src/lib/deadline.ts';
import { SILENT_LOG } from '../../src/lib/log.ts';
import { DeniedPairs } from '../../src/map/denied-pairs.ts';
import { FlowMap } from '../../src/map/flow-map.ts';
import type { KubernetesKind } from '../../src/model/kubernetes-counters.ts';
import { createApi } from '../../src/web/api/create-api.ts';
import { RecentFlows } from '../../src/web/api/recent-flows.ts';
import { HttpServer } from '../../src/web/http-server.ts';
import { createRouteTable } from '../../src/web/route-table.ts';
import type { ApiObject } from '../support/kubernetes-api/api-store.ts';
import { KubernetesApi } from '../support/kubernetes-api/kubernetes-api.ts';
import { toKubeconfig } from '../support/kubernetes-api/to-kubeconfig.ts';
import { NGINX_CASE } from '../support/nginx-case.ts';
import { OWN_LOOPBACK } from '../support/own-loopback.ts';
import { createSampleConnection, SAMPLE_INTERVAL_MS, UNANSWERED } from '../support/sample-connections.ts';
import { createPodEnd, createService } from '../support/sample-ends.ts';
import { ROOT } from '../support/source-files.ts';

type Json = Readonly<Record<string, unknown>>;
interface Run {
  readonly status: number | null;
  readonly out: string;
  readonly err: string;
}

const DENIED = ['--from', 'default/accessfalse', '--to', 'default/nginx', '--port', '80'];
const ALLOWED = ['--from', 'default/accesstrue', ...DENIED.slice(2)];
const RUN_MS = 60_000;

let folder: string;
let objectsPath: string;

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'podflow-explain-'));
  objectsPath = join(folder, 'objects.json');
  writeFileSync(objectsPath, JSON.stringify({ apiVersion: 'v1', kind: 'List', items: NGINX_CASE }));
});

afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** A real `podflow explain` process. */
async function explain(args: readonly string[], input = ''): Promise<Run> {
  const child = spawn(process.execPath, [`${ROOT}src/main.ts`, 'explain', ...args], { timeout: RUN_MS });
  const text = { out: '', err: '' };
  child.stdout.setEncoding('utf8').on('data', (chunk: string) => (text.out += chunk));
  child.stderr.setEncoding('utf8').on('data', (chunk: string) => (text.err += chunk));
  child.stdin.end(input);
  await once(child, 'close');
  return { status: child.exitCode, ...text };
}

async function explainJson(args: readonly string[]): Promise<Json> {
  const { status, out, err } = await explain([...args, '--json']);
  expect({ status, err }).toEqual({ status: 0, err: '' });
  return JSON.parse(out) as Json;
}

describe('from a dump of objects', () => {
  test('says so where the dump has no policy, which may be a lack of the dump', async () => {
    const path = join(folder, 'without.json');
    const items = NGINX_CASE.filter(({ kind }) => kind !== 'NetworkPolicy' && kind !== 'PolicyEndpoint');
    writeFileSync(path, JSON.stringify({ apiVersion: 'v1', kind: 'List', items }));
    const { notes, verdict } = await explainJson([...DENIED, '--objects', path]);
    expect({ notes, verdict }).toEqual({
      notes: ['there is no NetworkPolicy among the objects: without any, everything is allowed'],
      verdict: 'allowed',
    });
  });

  test('ends with status 0 whatever the verdict', async () => {
    for (const [question, verdict] of [
      [DENIED, 'denied'],
      [ALLOWED, 'allowed'],
    ] as const) {
      const { status, out, err } = await explain([...question, '--objects', objectsPath]);
      expect({ status, err }).toEqual({ status: 0, err: '' });
      expect(out).toMatch(new RegExp(`^${verdict.toUpperCase()}  `));
      expect(out).toContain('default/access-nginx');
      expect(await explainJson([...question, '--objects', objectsPath])).toMatchObject({ verdict, observed: null });
    }
  });

  test.each([
    ['--port is none', [...DENIED.slice(0, 4), '--port', '0'], '--port "0" is not within 1 to 65535'],
    ['--from is missing', DENIED.slice(2), 'from is missing'],
    ['a name is mistyped', ['--from', 'default/accessfals', ...DENIED.slice(2)], 'did you mean default/accessfalse?'],
    ['there is no such port', [...DENIED.slice(0, 4), '--port', '81'], 'has no port 81/TCP; it has 80/TCP to http'],
    ['the flag is unknown', [...DENIED, '--form', 'x'], '--form is no flag'],
    ['--denied has nobody to ask', ['--denied'], '--denied needs --api-url'],
  ])('ends with status 2 where %s', async (_, args, problem) => {
    const { status, out, err } = await explain([...args, '--objects', objectsPath]);
    expect({ status, out }).toEqual({ status: 2, out: '' });
    expect(err).toContain(problem);
  });

  test('ends with status 2 where an object cannot be used, and names it and its field', async () => {
    const path = join(folder, 'bad.json');
    const bad = { ...{ kind: 'NetworkPolicy', metadata: { name: 'odd', namespace: 'default' } }, spec: { ingress: 5 } };
    writeFileSync(path, JSON.stringify([...NGINX_CASE, bad]));
    const { status, out, err } = await explain([...DENIED, '--objects', path]);
    expect({ status, out }).toEqual({ status: 2, out: '' });
    expect(err).toContain('NetworkPolicy default/odd: spec.ingress is missing or of another form');
  });
});

describe('--batch', () => {
  test('answers two thousand lines in order within seconds', async () => {
    const lines = Array.from({ length: 2_000 }, (_, i) => {
      const port = i % 500 === 3 ? 'none' : 80;
      return JSON.stringify({ objects: NGINX_CASE, from: `default/access${i % 2 === 0}`, to: 'default/nginx', port });
    });
    const begunMs = performance.now();
    const { status, out, err } = await explain(['--batch'], lines.join('\n'));
    expect({ status, err }).toEqual({ status: 0, err: '' });
    const verdicts = out
      .split('\n')
      .slice(0, -1)
      .map((line) => (JSON.parse(line) as Json)['verdict']);
    expect(verdicts).toEqual(lines.map((_, i) => (i % 500 === 3 ? 'unknown' : i % 2 === 0 ? 'allowed' : 'denied')));
    // Some 2 s alone; other tests run beside it.
    expect(performance.now() - begunMs).toBeLessThan(30_000);
  });
});

describe('from the API server', () => {
  let api: KubernetesApi;
  let live: readonly string[];

  beforeEach(async () => {
    api = await KubernetesApi.start({ host: OWN_LOOPBACK });
    for (const object of NGINX_CASE) api.store.put(object['kind'] as KubernetesKind, object as unknown as ApiObject);
    const kubeconfig = join(folder, 'kubeconfig');
    writeFileSync(kubeconfig, toKubeconfig(api.url, {}, { 'insecure-skip-tls-verify': true }));
    live = ['--kubeconfig', kubeconfig];
  });

  afterEach(() => api.close());

  test('tells what is so now', async () => {
    expect(await explainJson([...DENIED, ...live])).toMatchObject({ verdict: 'denied', notes: [] });
    const labelled = NGINX_CASE.find((each) => JSON.stringify(each).includes('"accessfalse"')) as unknown as ApiObject;
    const metadata = { ...labelled.metadata, labels: { access: 'true' } };
    api.store.put('Pod', { ...labelled, metadata });
    expect(await explainJson([...DENIED, ...live])).toMatchObject({ verdict: 'allowed' });
  });

  test('with a policy that cannot be read judges nothing that it may be for, and names it', async () => {
    const metadata = { name: 'odd', namespace: 'default' };
    api.store.put('NetworkPolicy', { metadata, spec: { podSelector: {}, ingress: [{ from: [{ ipBlock: {} }] }] } });
    expect(await explainJson([...DENIED, ...live])).toMatchObject({
      verdict: 'unknown',
      cause: 'policy_malformed',
      notes: [
        'NetworkPolicy default/odd cannot be read: spec.ingress[0].from[0].ipBlock.cidr is missing or of another form',
      ],
    });
  });

  test('without the policies says nothing of what is allowed', async () => {
    api.deny('list', 'NetworkPolicy', 403);
    const { status, out, err } = await explain([...ALLOWED, ...live]);
    expect({ status, out }).toEqual({ status: 1, out: '' });
    expect(err).toContain('did not list NetworkPolicy');
    expect(err).toContain('grant its service account the verbs list and watch on networkpolicies');
  });

  test('without rights to what is not needed tells what it does not know', async () => {
    api.deny('list', 'Namespace', 403);
    const { status, out } = await explain([...DENIED, ...live, '--json', '--log-level', 'error']);
    expect(status).toBe(0);
    expect(JSON.parse(out)).toMatchObject({
      verdict: 'denied',
      notes: [expect.stringContaining('Namespace objects could not be listed')],
    });
  });

  test('which does not answer is waited for as long as is asked', async () => {
    api.failNext({}, ...Array.from({ length: 40 }, () => ({ kind: 'hang' }) as const));
    const { status, err } = await explain([...DENIED, ...live, '--list-timeout', '500ms']);
    expect(status).toBe(1);
    expect(err).toMatch(/did not list Pod, .* within 500 ms/);
  });
});

describe('beside an enrichment service', () => {
  const client = createPodEnd('10.0.2.21', 'accessfalse', 0, { namespaceName: 'default', podName: 'accessfalse' });
  const nginx = createPodEnd('10.0.1.10', 'nginx', 0, { namespaceName: 'default', podName: 'nginx-6d6c5b8f9-x2x7k' });
  const [flows, map] = [new RecentFlows(), new FlowMap()];
  const denied = new DeniedPairs({ nowMs: () => SAMPLE_INTERVAL_MS + 10_000 });
  let server: HttpServer;
  let apiUrl: string;

  beforeAll(async () => {
    const dial = (sourcePort: number, source: typeof client, record: object) =>
      createSampleConnection({
        ...{ source, sourcePort, destination: nginx, destinationPort: 8080, record },
        ...{ service: createService('nginx', { namespaceName: 'default' }) },
        ...{ dialledAddress: '10.100.0.10', dialledPort: 80 },
      });
    const other = createPodEnd('10.0.2.99', 'other', 1, { namespaceName: 'default' });
    const batch = [
      ...[1, 2, 3].map((port) => dial(port, client, { ...UNANSWERED, sequence: 0 })),
      dial(4, other, {}),
      createSampleConnection({ source: client, destination: other, sourcePort: 5, destinationPort: 80 }),
    ];
    for (const sink of [flows, map, denied]) sink.accept(batch);
    const handler = createRouteTable({
      routes: {},
      prefixes: { '/api': createApi({ flows, map, denied, log: SILENT_LOG }) },
      readiness: () => ({ ready: true, detail: {} }),
      log: SILENT_LOG,
    });
    server = new HttpServer({ host: OWN_LOOPBACK, port: 0, flag: '--http-port', handler, log: SILENT_LOG });
    apiUrl = (await server.start()).url;
  });

  afterAll(() => server.stop(createDeadline(0)));

  test('tells what was observed of the pair, and of no other', async () => {
    for (const to of ['default/nginx', '10.100.0.10']) {
      const question = ['--from', 'default/accessfalse', '--to', to, '--port', '80'];
      expect(await explainJson([...question, '--objects', objectsPath, '--api-url', apiUrl])).toMatchObject({
        verdict: 'denied',
        observed: {
          problem: null,
          reports: 3,
          connections: 3,
          verdicts: { dropped: 3 },
          reasons: { syn_unanswered: 3 },
          lastSeenMs: SAMPLE_INTERVAL_MS + 8_192,
          hasMore: false,
        },
      });
    }
    const pods = ['--from', '10.0.2.99', '--to', 'pod/default/nginx-6d6c5b8f9-x2x7k', '--port', '8080'];
    expect(await explainJson([...pods, '--objects', objectsPath, '--api-url', `${apiUrl}/`])).toMatchObject({
      observed: { reports: 1, verdicts: { forwarded: 1 } },
    });
  });

  test('lists what failed, most frequent first', async () => {
    const { status, out, err } = await explain(['--denied', '--api-url', apiUrl]);
    expect({ status, err }).toEqual({ status: 0, err: '' });
    expect(out.split('\n')[1]).toMatch(
      /^3 +9 .*Deployment default\/accessfalse +Deployment default\/nginx +default\/nginx +8080\/tcp +dropped \(syn_unanswered\)$/,
    );
    const list = JSON.parse((await explain(['--denied', '--api-url', apiUrl, '--json', '--limit', '1'])).out) as Json;
    expect(list).toMatchObject({
      pairs: [{ connections: 3, source: { workloadName: 'accessfalse' } }],
      omittedPairs: 0,
    });
  });

  test('that is away is told, and fails only what needs it', async () => {
    const away = ['--api-url', `http://${OWN_LOOPBACK}:47`];
    const { observed } = (await explainJson([...DENIED, '--objects', objectsPath, ...away])) as { observed: Json };
    expect(observed).toMatchObject({ reports: 0, problem: expect.stringContaining('ECONNREFUSED') });
    const { status, err } = await explain(['--denied', ...away]);
    expect(status).toBe(1);
    expect(err).toContain('ECONNREFUSED');
  });

  test('that is none is told', async () => {
    const { status, err } = await explain(['--denied', '--api-url', `${apiUrl}/nothing`]);
    expect(status).toBe(1);
    expect(err).toContain('it answered 404');
  });
});
