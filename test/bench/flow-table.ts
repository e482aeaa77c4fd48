import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { setTimeout } from 'node:timers/promises';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { FlowTable } from '../../src/flow/flow-table.ts';
import { createPodPoint } from '../../src/model/observation-point.ts';
import { FlowDeltaLoad, LOAD_FRAMES } from '../support/flow-delta-load.ts';
import { atMost } from './support/goal.ts';
import { readMachine } from './support/machine.ts';
import { parseProcessMemory } from './support/proc-memory.ts';
import { type Spread, toSpread } from './support/spread.ts';

/**
 * Cost of the flow table at 100,000 TCP flows, each of a client address of its own: time for a delta and a record,
 * memory, and how long a report holds up the event loop.
 * `node test/bench/flow-table.ts` prints one JSON document.
 */
const FLOWS = 100_000;
const TABLES = 5;
const ROUNDS = 5;
const INTERVAL_NS = 10e9;
const START_NS = 1_700_000_000e9;
/** What deploy/podflow.sh gives to node. */
const PODFLOW_FLAGS = ['--max-semi-space-size=1'];

type Family = 'ipv4' | 'ipv6';

interface Round {
  readonly applyUs: number;
  readonly recordUs: number;
  readonly blockMs: number;
}

async function runRound(table: FlowTable, load: FlowDeltaLoad, round: number): Promise<Round> {
  const flows = load.batches.reduce((sum, batch) => sum + batch.count, 0);
  load.moveTo(round * INTERVAL_NS + 1e9);
  const applyStart = performance.now();
  for (const batch of load.batches) table.apply(batch);
  const applyUs = ((performance.now() - applyStart) * 1e3) / flows;
  const told = table.counters().reportedFrames;
  const delay = monitorEventLoopDelay({ resolution: 1 });
  delay.enable();
  const cpuStart = process.cpuUsage();
  await table.report(START_NS + round * INTERVAL_NS, START_NS + (round + 1) * INTERVAL_NS);
  const cpu = process.cpuUsage(cpuStart);
  delay.disable();
  assert.equal(table.counters().reportedFrames - told, LOAD_FRAMES * flows);
  return { applyUs, recordUs: (cpu.user + cpu.system) / flows, blockMs: delay.max / 1e6 - 1 };
}

function createTable(): FlowTable {
  let sum = 0;
  return new FlowTable({
    intervalMs: INTERVAL_NS / 1e6,
    idleTimeoutMs: 15_000,
    activeTimeoutMs: 1_800_000,
    maxFlows: 262_144,
    ownAddresses: [],
    flowIdPrefix: 'k3v9x2',
    resolvePoint: createPodPoint('eth0'),
    emit: (records) => {
      for (const record of records) sum += record.packets + record.flowId.length;
    },
  });
}

/** A table's life: the first round opens the flows and makes their texts, the others are what every interval costs. */
async function measureTable(load: FlowDeltaLoad): Promise<Round[]> {
  const table = createTable();
  const rounds: Round[] = [];
  for (let round = 0; round < ROUNDS; round++) rounds.push(await runRound(table, load, round));
  return rounds;
}

/** The lives of several tables, after one in which the code was compiled. */
async function measureTimes(family: Family): Promise<Round[][]> {
  const load = new FlowDeltaLoad(family, FLOWS, START_NS);
  await measureTable(load);
  const lives: Round[][] = [];
  for (let table = 0; table < TABLES; table++) lives.push(await measureTable(load));
  return lives;
}

/** Growth of this process by a table of all flows after two reports; the code was compiled with a small one before. */
async function measureMib(family: Family): Promise<number> {
  const few = new FlowDeltaLoad(family, 1_000, START_NS);
  const small = createTable();
  for (let round = 0; round < 200; round++) await runRound(small, few, round);
  const load = new FlowDeltaLoad(family, FLOWS, START_NS);
  const beforeMib = await readAnonymousMib();
  const table = createTable();
  for (const round of [0, 1]) await runRound(table, load, round);
  const afterMib = await readAnonymousMib();
  assert.equal(table.counters().activeFlows, FLOWS);
  return afterMib - beforeMib;
}

/** RssAnon without garbage; unmapped pages of the heap are given back some time after a collection. */
async function readAnonymousMib(): Promise<number> {
  setFlagsFromString('--expose-gc');
  const collectGarbage = runInNewContext('gc') as () => void;
  for (let i = 0; i < 4; i++) collectGarbage();
  await setTimeout(500);
  return parseProcessMemory(readFileSync('/proc/self/status', 'utf8')).anonymous / 2 ** 20;
}

/** A measurement in a process of its own, with the flags that podflow runs with, or without. */
function measureApart(what: 'memory' | 'times', family: Family, flags = PODFLOW_FLAGS): unknown {
  const args = [...flags, import.meta.filename, what, family];
  return JSON.parse(execFileSync(process.execPath, args, { encoding: 'utf8' }));
}

function toFigures(lives: readonly (readonly Round[])[]): Record<string, Spread> {
  const first = lives.map((rounds) => rounds[0]).filter((round) => round !== undefined);
  const rest = lives.flatMap((rounds) => rounds.slice(1));
  return {
    openMicros: toSpread(first.map((round) => round.applyUs)),
    firstRecordMicros: toSpread(first.map((round) => round.recordUs)),
    applyMicros: toSpread(rest.map((round) => round.applyUs)),
    recordMicros: toSpread(rest.map((round) => round.recordUs)),
    applyAndRecordMicros: toSpread(rest.map((round) => round.applyUs + round.recordUs)),
    // Of each table the longest; on a busy machine a part of it is the wait for a core.
    longestBlockMs: toSpread(lives.map((rounds) => Math.max(...rounds.map((round) => round.blockMs)))),
  };
}

function measureAll(): object {
  const tableMib = measureApart('memory', 'ipv4') as number;
  const memory = {
    tableMib,
    tableMibIpv6: measureApart('memory', 'ipv6') as number,
    tableMibPlainNode: measureApart('memory', 'ipv4', []) as number,
  };
  const ipv4 = toFigures(measureApart('times', 'ipv4') as Round[][]);
  const ipv6 = toFigures(measureApart('times', 'ipv6') as Round[][]);
  return {
    name: 'flow-table',
    machine: readMachine(),
    figures: { flows: FLOWS, ...memory, ipv4, ipv6 },
    goals: {
      applyAndRecordMicros: atMost(0.6, ipv4['applyAndRecordMicros']?.median ?? NaN),
      tableMib: atMost(35, tableMib),
      longestBlockMs: atMost(10, ipv4['longestBlockMs']?.median ?? NaN),
    },
  };
}

async function measure([what, family]: readonly string[]): Promise<object | number> {
  const known = family === 'ipv6' ? 'ipv6' : 'ipv4';
  if (what === 'memory') return measureMib(known);
  return what === 'times' ? measureTimes(known) : measureAll();
}

process.stdout.write(`${JSON.stringify(await measure(process.argv.slice(2)))}\n`);
