import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, describe, expect, test } from '@jest/globals';
import type { DemoSummary } from '../../src/roles/demo/demo-summary.ts';
import { validateEcsDocument } from '../support/ecs-validator.ts';
import { describeWithRights } from '../support/requirements.ts';
import { waitFor } from '../support/wait-for.ts';

const MAIN = fileURLToPath(new URL('../../src/main.ts', import.meta.url));
const NOBODY = '65534';

/** Process ids of all that a process started, and what these started. */
function descendantsOf(pid: number): number[] {
  const children = readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .map(Number)
    .filter((candidate) => parentOf(candidate) === pid);
  return children.flatMap((child) => [child, ...descendantsOf(child)]);
}

function parentOf(pid: number): number | undefined {
  try {
    return Number(/^PPid:\s+(\d+)/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1]);
  } catch {
    return undefined;
  }
}

/** What clients sent to a Service is what arrived at each of its pods, and the node named that pod. */
function expectResolved({ dialled, delivered }: DemoSummary): void {
  const toService = dialled.filter((pair) => pair.destination === 'service shop/web');
  const backends = [...new Set(toService.map((pair) => pair.backend?.pod))];
  expect(backends).toHaveLength(2);
  const bytesOf = (pairs: DemoSummary['dialled']): number =>
    pairs.reduce((total, pair) => total + pair.bytes + pair.reverseBytes, 0);
  for (const backend of backends) {
    const sent = bytesOf(toService.filter((pair) => pair.backend?.pod === backend && pair.backend?.port === 8080));
    expect(sent).toBeGreaterThan(2_000);
    expect(bytesOf(delivered.filter((pair) => pair.destination === backend && pair.port === 8080))).toBe(sent);
  }
  const toDns = dialled.filter((pair) => pair.destination === 'service kube-system/kube-dns');
  expect(new Set(toDns.map((pair) => pair.backend?.pod))).toEqual(new Set(['kube-system/coredns-0']));
}

/**
 * Every frame that an observer reported is in a connection, by the one end or the other: the observers count for
 * themselves, the connections come through the node, OTLP and the join.
 */
function expectAllJoined({ dialled, delivered, observers, perspectives }: DemoSummary): void {
  const reported = observers.map(({ losses }) => (losses as { flowTable?: { reportedFrames: number } }).flowTable);
  const joined = [...dialled, ...delivered].reduce((sum, pair) => sum + pair.packets + pair.reversePackets, 0);
  expect(joined).toBeGreaterThan(200);
  expect(joined).toBe(reported.reduce((sum, flows) => sum + (flows?.reportedFrames ?? 0), 0));
  expect(perspectives.both).toBeGreaterThan(perspectives.client + perspectives.server);
}

function expectWorkloads({ workloads, connections }: DemoSummary): void {
  const toWeb = workloads.find((pair) => pair.service === 'service shop/web');
  expect(toWeb).toMatchObject({
    source: 'Deployment shop/frontend',
    destination: 'Deployment shop/web',
    port: 8080,
    transport: 'tcp',
    failures: {},
  });
  // Nothing is lost between two namespaces of one machine, but a connection's last packet may be in an interval of its
  // own at one of the ends.
  const { packets = 0, lostPackets = Infinity, reverseLostPackets = Infinity } = toWeb ?? {};
  expect(Math.abs(lostPackets) + Math.abs(reverseLostPackets)).toBeLessThan(packets / 10);
  expect(connections).toBe(workloads.reduce((sum, pair) => sum + pair.connections, 0));
  const failed = workloads.find(({ destination }) => destination === 'Pod bank/ledger-0');
  expectOnly(Object.keys(failed?.failures ?? {}), 'netfilter_drop', 'syn_unanswered');
}

/** The kernel's own word, and what packets tell where it came in another interval. */
function expectOnly(reasons: readonly string[], told: string, ...others: readonly string[]): void {
  expect(reasons).toContain(told);
  expect([told, ...others]).toEqual(expect.arrayContaining([...reasons]));
}

async function fetchJson<T>(url: string): Promise<T> {
  const answer = await fetch(url);
  expect(answer.status).toBe(200);
  return (await answer.json()) as T;
}

interface MapAnswer {
  readonly nodes: readonly { readonly id: string; readonly workload?: unknown }[];
  readonly edges: readonly { readonly source: string; readonly destination: string }[];
}

/** Base address of the demo's enrichment service, as its page tells it. */
function servingUrl(): string | undefined {
  return /(http:\S+)\/api\/map .* enrichment/.exec(stdout)?.[1];
}

/** Slow enough for both ends' reports to meet on a machine that has much else to do. */
const PATIENT = ['--interval', '2s', '--join-window', '1900ms'];
const FRONTEND = 'workload/shop/Deployment/frontend';
const WEB = 'workload/shop/Deployment/web';

let demo: ChildProcess;
let stdout = '';
let stderr = '';

function start(argv: readonly string[]): void {
  [stdout, stderr] = ['', ''];
  const [command = '', ...args] = argv;
  demo = spawn(command, args, { stdio: ['ignore', 'pipe', 'pipe'], detached: true });
  demo.stdout?.on('data', (chunk: Buffer) => (stdout += chunk.toString()));
  demo.stderr?.on('data', (chunk: Buffer) => (stderr += chunk.toString()));
}

/** Runs to the end; the status must be 0 and stdout one JSON document. */
async function finish(): Promise<DemoSummary> {
  const [code] = (await once(demo, 'close')) as [number | null];
  expect({ code, stderr: code === 0 ? '' : stderr }).toEqual({ code: 0, stderr: '' });
  return JSON.parse(stdout) as DemoSummary;
}

afterEach(() => {
  demo.kill('SIGKILL');
});

describeWithRights('demo on real packets', ['iptables', 'setpriv', 'unshare', 'nsenter'], () => {
  test('tells who called whom, what failed and why, and accounts for every frame', async () => {
    start([process.execPath, MAIN, 'demo', '--for', '24s', '--json', ...PATIENT]);
    const summary = await finish();
    const of = (destination: string, port: number, transport = 'tcp'): string[] =>
      summary.drops
        .filter((drop) => drop.destination === destination && drop.port === port && drop.transport === transport)
        .map((drop) => drop.reason);
    expect(summary.mode).toBe('live');
    expect(new Set(of('shop/legacy-0', 9090))).toEqual(new Set(['connection_refused']));
    expectOnly(of('shop/legacy-0', 9090, 'udp'), 'port_unreachable', 'no_socket');
    expectOnly(of('bank/ledger-0', 5432), 'netfilter_drop', 'syn_unanswered');
    expect(of('service shop/web', 80)).toEqual([]);
    for (const observer of summary.observers) expect(observer.losses).toMatchObject({ explained: true });
    expectResolved(summary);
    expectAllJoined(summary);
    expectWorkloads(summary);
  }, 60_000);

  test('the node role alone sees the same, for all pods at once', async () => {
    start([process.execPath, MAIN, 'demo', '--for', '20s', '--json', '--observer', 'node', ...PATIENT]);
    const summary = await finish();
    expect(summary.observers.map(({ observer }) => observer)).toEqual(['node demo-node']);
    for (const observer of summary.observers) expect(observer.losses).toMatchObject({ explained: true });
    expectResolved(summary);
    expectAllJoined(summary);
    expectWorkloads(summary);
    const reasons = summary.drops.map((drop) => drop.reason);
    for (const reason of ['connection_refused', 'port_unreachable', 'netfilter_drop'])
      expect(reasons).toContain(reason);
  }, 60_000);

  test('the page, the API, /metrics and ECS documents have the same names', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'podflow-demo-'));
    const file = join(folder, 'documents.ndjson');
    try {
      start([process.execPath, MAIN, 'demo', '--documents', 'ecs', '--output-file', file]);
      await waitFor('the demo to show joined flows', () => /web-58b7c9d4f-\w+ +both [5-9]/.test(stdout), 50_000);
      expect(stdout).toContain('Deployment shop/frontend → service shop/web 80/tcp → Deployment shop/web 8080/tcp\n');
      expect(stdout).toMatch(/ledger-0 .*netfilter_drop ×\d+.*, by NetworkPolicy bank\/default-deny/);
      const url = servingUrl() ?? '';
      const map = await fetchJson<MapAnswer>(`${url}/api/map?level=workload`);
      expect(map.edges).toContainEqual(expect.objectContaining({ source: FRONTEND, destination: WEB }));
      const { flows } = await fetchJson<{ flows: object[] }>(`${url}/api/flows?namespace=shop`);
      expect(flows).toContainEqual(
        expect.objectContaining({
          'flow.perspectives': 'both',
          'source.k8s.workload.name': 'frontend',
          'destination.k8s.service.name': 'web',
          'destination.k8s.workload.name': 'web',
        }),
      );
      expect((await fetch(`${url}/readyz`)).status).toBe(200);
      expect((await fetch(`${url}/healthz`)).status).toBe(200);
      const metrics = await (await fetch(`${url}/metrics`)).text();
      expect(metrics).toMatch(/^podflow_flow_bytes_total\{[^}]*src_workload="frontend"[^}]*\} [1-9]/m);
      process.kill(demo.pid ?? 0, 'SIGINT');
      await once(demo, 'close');
      const documents = readFileSync(file, 'utf8').trimEnd().split('\n');
      expect(documents.length).toBeGreaterThan(20);
      expect(documents.flatMap((document) => validateEcsDocument(JSON.parse(document)))).toEqual([]);
    } finally {
      rmSync(folder, { recursive: true });
    }
  }, 90_000);

  test.each(['SIGKILL', 'SIGINT'] as const)(
    '%s leaves no process and no namespace behind',
    async (signal) => {
      start([process.execPath, MAIN, 'demo']);
      await waitFor('the demo to show flows', () => /[1-9]\d* connections;/.test(stdout), 40_000);
      const started = descendantsOf(demo.pid ?? 0);
      expect(started.length).toBeGreaterThan(15);
      // A terminal's Ctrl-C goes to the whole group.
      if (signal === 'SIGINT') process.kill(-(demo.pid ?? 0), signal);
      else demo.kill(signal);
      await waitFor('all of it to be gone', () => started.every((pid) => !existsSync(`/proc/${pid}`)), 12_000);
      expect(stderr).not.toContain('does not take records');
    },
    60_000,
  );

  test('without root it replays the recorded capture and says so', async () => {
    start([
      'setpriv',
      '--reuid',
      NOBODY,
      '--regid',
      NOBODY,
      '--clear-groups',
      process.execPath,
      MAIN,
      'demo',
      '--json',
    ]);
    const summary = await finish();
    expect(stderr).toContain('not root');
    expect(summary.mode).toBe('replay');
    // The recording has the clients' end only.
    expect(summary.perspectives).toMatchObject({ both: 0 });
    expect(summary.workloads).toContainEqual(
      expect.objectContaining({ source: 'Deployment shop/frontend', destination: 'service shop/web' }),
    );
    expect(new Set(summary.drops.map((drop) => drop.reason))).toEqual(
      new Set(['connection_refused', 'port_unreachable', 'syn_unanswered']),
    );
  }, 30_000);

  test('without root the API answers too, by the time of the recording', async () => {
    const nobody = ['setpriv', '--reuid', NOBODY, '--regid', NOBODY, '--clear-groups'];
    start([...nobody, process.execPath, MAIN, 'demo']);
    await waitFor('the demo to show flows', () => /[1-9]\d* connections;/.test(stdout), 20_000);
    const { edges } = await fetchJson<MapAnswer>(`${servingUrl() ?? ''}/api/map?level=workload`);
    expect(edges).toContainEqual(expect.objectContaining({ source: FRONTEND, destination: 'service/shop/web' }));
    process.kill(demo.pid ?? 0, 'SIGINT');
    const [code] = (await once(demo, 'close')) as [number | null];
    expect(code).toBe(0);
  }, 40_000);
});

describe('demo', () => {
  test('takes no unknown flag', async () => {
    start([process.execPath, MAIN, 'demo', '--intervall', '1s']);
    const [code] = (await once(demo, 'close')) as [number | null];
    expect(code).toBe(2);
    expect(stderr).toContain('--interval');
  });
});
