import { readFileSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { NameIndex } from '../../../src/k8s/name-index.ts';
import { KubernetesWatcher } from '../../../src/k8s/watch/kubernetes-watcher.ts';
import { SILENT_LOG } from '../../../src/lib/log.ts';
import { parseProcessMemory } from '../support/proc-memory.ts';
import { TurnWatch, type LongestTurn } from './turn-watch.ts';

/**
 * Watcher and index as a process of its own, started with an IPC channel: `node watch-process.ts KUBECONFIG`. Tells the
 * first lists' cost; then, at each message, that of the milliseconds of changes which the message names.
 */
export interface ListFigures {
  readonly startS: number;
  readonly startCpuS: number;
  readonly longestTurn: LongestTurn;
  readonly heapMib: number;
  readonly rssMib: number;
  readonly peakRssMib: number;
  readonly pods: number;
}

export interface ChangeFigures {
  readonly corePercent: number;
  readonly longestTurn: LongestTurn;
  readonly eventsPerSecond: number;
  readonly rssMib: number;
}

/** The collections that `readHeapMib` asks for throw compiled code away too, which no service ever does. */
const SETTLE_MS = 5_000;

const index = new NameIndex();
const watcher = new KubernetesWatcher({ feed: index, log: SILENT_LOG, kubeconfigPath: process.argv[2] });

async function measureLists(): Promise<ListFigures> {
  const emptyMib = readHeapMib();
  const cpu = process.cpuUsage();
  const beginMs = performance.now();
  const turns = new TurnWatch();
  await watcher.start(new AbortController().signal);
  const longestTurn = turns.stop();
  const startS = (performance.now() - beginMs) / 1000;
  const startCpuS = toSeconds(process.cpuUsage(cpu));
  const status = readFileSync('/proc/self/status', 'utf8');
  const heapMib = readHeapMib() - emptyMib;
  const pods = watcher.counters().find(({ kind }) => kind === 'Pod')?.objects ?? 0;
  const peakRssMib = Number(/^VmHWM:\s+(\d+) kB$/m.exec(status)?.[1]) / 1024;
  return { startS, startCpuS, longestTurn, heapMib, rssMib: readRssMib(), peakRssMib, pods };
}

/** Cost in the first half of the time, turns in the second: to watch them is costly itself. */
async function measureChanges(forMs: number): Promise<ChangeFigures> {
  await delay(SETTLE_MS);
  const eventsBefore = countEvents();
  const beginMs = performance.now();
  const cpu = process.cpuUsage();
  await delay(forMs / 2);
  const corePercent = (toSeconds(process.cpuUsage(cpu)) / ((performance.now() - beginMs) / 1000)) * 100;
  const turns = new TurnWatch();
  await delay(forMs / 2);
  const longestTurn = turns.stop();
  const events = (countEvents() - eventsBefore) / ((performance.now() - beginMs) / 1000);
  return { corePercent, longestTurn, eventsPerSecond: events, rssMib: readRssMib() };
}

function countEvents(): number {
  const pods = watcher.counters().find(({ kind }) => kind === 'Pod');
  return ['ADDED', 'MODIFIED', 'DELETED'].reduce((sum, type) => sum + (pods?.events[type] ?? 0), 0);
}

/** Without garbage. */
function readHeapMib(): number {
  setFlagsFromString('--expose-gc');
  const collectGarbage = runInNewContext('gc') as () => void;
  for (let i = 0; i < 3; i++) collectGarbage();
  return process.memoryUsage().heapUsed / 2 ** 20;
}

function readRssMib(): number {
  return parseProcessMemory(readFileSync('/proc/self/status', 'utf8')).resident / 2 ** 20;
}

function toSeconds({ user, system }: NodeJS.CpuUsage): number {
  return (user + system) / 1e6;
}

process.on('disconnect', () => process.exit(0));
process.send?.(await measureLists());
process.on('message', (forMs) => void measureChanges(Number(forMs)).then((figures) => process.send?.(figures)));
