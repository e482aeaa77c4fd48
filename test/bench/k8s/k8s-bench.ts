import { fork, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { toKubeconfig } from '../../support/kubernetes-api/to-kubeconfig.ts';
import type { BenchReport } from '../support/bench-report.ts';
import { atLeast, atMost } from '../support/goal.ts';
import { readMachine } from '../support/machine.ts';
import { tellProgress } from '../support/progress.ts';
import { Teardown } from '../support/teardown.ts';
import { LARGE_CLUSTER, type ClusterSize } from './bulk-cluster.ts';
import type { ChangeFigures, ListFigures } from './watch-process.ts';

/**
 * A big cluster followed: `node test/bench/k8s/k8s-bench.ts [--pods N] [--seconds N]` prints one JSON report. The API
 * server is the tests' stand-in over plain HTTP on loopback, in a process of its own.
 */
interface BenchOptions {
  readonly size: ClusterSize;
  readonly seconds: number;
}

const API_PROCESS = new URL('api-process.ts', import.meta.url);
const WATCH_PROCESS = new URL('watch-process.ts', import.meta.url);
const CHANGES_PER_SECOND = 100;
const SETTLE_MS = 1_000;
/** As the roles run: a small young generation costs little time and saves much memory. */
const NODE_OPTIONS = ['--max-semi-space-size=4'];

async function runK8sBench({ size, seconds }: BenchOptions): Promise<BenchReport> {
  const teardown = new Teardown();
  const folder = mkdtempSync(join(tmpdir(), 'podflow-bench-k8s-'));
  teardown.add(() => rmSync(folder, { recursive: true, force: true }));
  const server = start(teardown, API_PROCESS, JSON.stringify(size));
  const { url, podBytes } = await receive<{ url: string; podBytes: number }>(server);
  const kubeconfig = join(folder, 'kubeconfig');
  writeFileSync(kubeconfig, toKubeconfig(url, {}, { 'insecure-skip-tls-verify': true }));
  tellProgress(`listing ${size.pods} pods of ${podBytes} bytes`);
  const watcher = start(teardown, WATCH_PROCESS, kubeconfig);
  const lists = await receive<ListFigures>(watcher);
  tellProgress(`listed in ${lists.startS.toFixed(1)} s; changes for ${seconds} s`);
  server.send(CHANGES_PER_SECOND);
  await delay(SETTLE_MS);
  watcher.send(seconds * 1_000);
  const changes = await receive<ChangeFigures>(watcher);
  server.disconnect();
  watcher.disconnect();
  return {
    name: 'k8s',
    machine: readMachine(),
    figures: { cluster: { ...size, podBytes }, lists, changes },
    goals: {
      'lists.pods': atLeast(size.pods, lists.pods),
      'lists.startS': atMost(30, lists.startS),
      'lists.heapMib': atMost(150, lists.heapMib),
      'lists.longestTurn.cpuMs': atMost(20, lists.longestTurn.cpuMs),
      'changes.corePercent': atMost(5, changes.corePercent),
      'changes.longestTurn.cpuMs': atMost(20, changes.longestTurn.cpuMs),
      'changes.eventsPerSecond': atLeast(0.98 * CHANGES_PER_SECOND, changes.eventsPerSecond),
    },
  };
}

function start(teardown: Teardown, script: URL, argument: string): ChildProcess {
  const child = fork(script, [argument], { execArgv: NODE_OPTIONS });
  teardown.add(() => child.kill('SIGKILL'));
  return child;
}

async function receive<Message>(child: ChildProcess): Promise<Message> {
  const ending = new AbortController();
  const { signal } = ending;
  const ended = once(child, 'exit', { signal }).then(([code]) => Promise.reject(new Error(`a process ended: ${code}`)));
  const [message] = (await Promise.race([once(child, 'message', { signal }), ended])) as [Message];
  ended.catch(() => undefined);
  ending.abort();
  return message;
}

const { values } = parseArgs({
  options: {
    pods: { type: 'string', default: String(LARGE_CLUSTER.pods) },
    services: { type: 'string', default: String(LARGE_CLUSTER.services) },
    nodes: { type: 'string', default: String(LARGE_CLUSTER.nodes) },
    seconds: { type: 'string', default: '40' },
  },
});
const report = await runK8sBench({
  size: { pods: Number(values.pods), services: Number(values.services), nodes: Number(values.nodes) },
  seconds: Number(values.seconds),
});
process.stdout.write(`${JSON.stringify(report)}\n`);
process.exit(0);
