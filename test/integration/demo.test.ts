import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { afterEach, describe, expect, test } from '@jest/globals';
import type { DemoSummary } from '../../src/roles/demo/demo-summary.ts';
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
    start([process.execPath, MAIN, 'demo', '--for', '15s', '--json']);
    const summary = await finish();
    const of = (destination: string, port: number, transport = 'tcp'): string[] =>
      summary.drops
        .filter((drop) => drop.destination === destination && drop.port === port && drop.transport === transport)
        .map((drop) => drop.reason);
    expect(summary.mode).toBe('live');
    expect(new Set(of('shop/legacy-0', 9090))).toEqual(new Set(['connection_refused']));
    expect(new Set(of('shop/legacy-0', 9090, 'udp'))).toEqual(new Set(['port_unreachable']));
    expect(new Set(of('bank/ledger-0', 5432))).toEqual(new Set(['syn_unanswered']));
    expect(of('service shop/web', 80)).toEqual([]);
    for (const observer of summary.observers) expect(observer.losses).toMatchObject({ explained: true });
    expectResolved(summary);
  }, 60_000);

  test('the node role alone sees the same, for all pods at once', async () => {
    start([process.execPath, MAIN, 'demo', '--for', '12s', '--json', '--observer', 'node']);
    const summary = await finish();
    expect(summary.observers.map(({ observer }) => observer)).toEqual(['node demo-node']);
    for (const observer of summary.observers) expect(observer.losses).toMatchObject({ explained: true });
    expectResolved(summary);
    expect(new Set(summary.drops.map((drop) => drop.reason))).toEqual(
      new Set(['connection_refused', 'port_unreachable', 'syn_unanswered']),
    );
  }, 60_000);

  test.each(['SIGKILL', 'SIGINT'] as const)(
    '%s leaves no process and no namespace behind',
    async (signal) => {
      start([process.execPath, MAIN, 'demo']);
      await waitFor('the demo to show flows', () => / flow records, [1-9]/.test(stdout), 40_000);
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
    expect(new Set(summary.drops.map((drop) => drop.reason))).toEqual(
      new Set(['connection_refused', 'port_unreachable', 'syn_unanswered']),
    );
  }, 30_000);
});

describe('demo', () => {
  test('takes no unknown flag', async () => {
    start([process.execPath, MAIN, 'demo', '--intervall', '1s']);
    const [code] = (await once(demo, 'close')) as [number | null];
    expect(code).toBe(2);
    expect(stderr).toContain('--interval');
  });
});
