import { fork, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { parsePrometheusText, sumOf } from '../../support/prometheus-text.ts';
import { PodflowProcess } from '../node/podflow-process.ts';
import type { BenchReport } from '../support/bench-report.ts';
import { atLeast, atMost } from '../support/goal.ts';
import { readMachine } from '../support/machine.ts';
import { ProcessSampler } from '../support/process-sampler.ts';
import { tellProgress } from '../support/progress.ts';
import { toSpread, type Spread } from '../support/spread.ts';
import { Teardown } from '../support/teardown.ts';
import { BENCH_SIZE, createBenchObjects } from './bench-cluster.ts';
import { measureCollector } from './measure-collector.ts';
import { measureStages } from './measure-stages.ts';
import type { SendOrder, SendResult } from './sender-process.ts';

/**
 * What the enrichment service costs: `node test/bench/enrich/enrich-bench.ts [--rounds N] [--connections N] [--only
 * NAMES]` prints one JSON report. A `podflow enrich` process with its defaults gets OTLP requests of 1,000 records each
 * from another process (gzip, protobuf) and names them from a file of 5,000 pods; documents go to a third process that
 * takes them at once. Counted is all CPU time of the podflow process between the first request and the last answer.
 */
interface Way {
  readonly sides: readonly ('client' | 'server')[];
  /** Without it: counters alone, no documents, no map. */
  readonly hasElasticsearch: boolean;
}

const WAYS: Readonly<Record<string, Way>> = {
  bothPerspectives: { sides: ['client', 'server'], hasElasticsearch: true },
  lonePerspectives: { sides: ['client'], hasElasticsearch: true },
  prometheusOnly: { sides: ['client', 'server'], hasElasticsearch: false },
};

interface Run {
  readonly recordsPerCpuSecond: number;
  readonly cpuUsPerRecord: number;
  readonly recordsPerSecond: number;
}

interface WayFigures {
  readonly recordsPerCpuSecond: Spread;
  readonly cpuUsPerRecord: Spread;
  readonly recordsPerSecond: Spread;
  readonly residentMegabytes: number;
  readonly documentsPerRecord: number;
  readonly recordBytes: number;
}

const WARM_UP_ROUNDS = 2;
const IN_FLIGHT = 8;
const INTERVAL_NS = 10_000_000_000;
const MEGABYTE = 1e6;

const { values } = parseArgs({
  options: {
    rounds: { type: 'string', default: '3' },
    connections: { type: 'string', default: '100000' },
    only: { type: 'string', default: '' },
    quick: { type: 'boolean', default: false },
  },
});
const ROUNDS = values.quick ? 1 : Number(values.rounds);
const CONNECTIONS = values.quick ? 20_000 : Number(values.connections);
const ONLY = values.only === '' ? undefined : values.only.split(',');
const isWanted = (name: string): boolean => ONLY === undefined || ONLY.includes(name);

const teardown = new Teardown();

function startChild(script: string): ChildProcess {
  const child = fork(new URL(script, import.meta.url), { stdio: 'inherit' });
  teardown.add(() => {
    if (child.connected) child.disconnect();
  });
  return child;
}

async function ask<Answer>(child: ChildProcess, message: object | string): Promise<Answer> {
  const answer = once(child, 'message');
  child.send(message);
  return ((await answer) as [Answer])[0];
}

async function measureWay(name: string, way: Way, objectsPath: string): Promise<WayFigures> {
  const sender = startChild('sender-process.ts');
  const sink = startChild('bulk-sink-process.ts');
  const [{ port }] = (await once(sink, 'message')) as [{ port: number }];
  const outputs = way.hasElasticsearch ? ['--elasticsearch-url', `http://127.0.0.1:${port}`] : ['--api', 'off'];
  const flags = ['--objects', objectsPath, '--listen-host', '127.0.0.1', '--listen-port', '0', ...outputs];
  const podflow = await PodflowProcess.start(['enrich', ...flags], 'receiving flow records');
  teardown.add(() => podflow.kill());
  const url = /"url":"(http:[^"]+)","msg":"receiving flow records"/.exec(podflow.log)?.[1] ?? '';
  const sampler = new ProcessSampler([podflow.pid]);
  const runs: Run[] = [];
  let records = 0;
  let recordBytes = 0;
  for (let round = 1 - WARM_UP_ROUNDS; round <= ROUNDS; round++) {
    tellProgress(`enrich: ${name}, ${round > 0 ? `round ${round} of ${ROUNDS}` : 'warming up'}`);
    const order = toOrder(url, way, round);
    await ask(sender, { prepare: order });
    const before = sampler.cpuSeconds();
    const sent = await ask<SendResult>(sender, { send: order });
    const cpuSeconds = sampler.cpuSeconds() - before;
    assertTaken(name, sent);
    records += sent.records;
    recordBytes = sent.bytes / sent.records;
    if (round > 0) runs.push(toRun(sent, cpuSeconds));
  }
  sampler.stop();
  await checkCounted(podflow, name, records);
  const { documents } = await ask<{ documents: number }>(sink, 'tell');
  await podflow.stop();
  sender.disconnect();
  sink.disconnect();
  return toFigures(runs, sampler.peak.resident, documents / records, recordBytes);
}

function toOrder(url: string, { sides }: Way, round: number): SendOrder {
  const nowIntervals = Math.floor((Date.now() * 1e6) / INTERVAL_NS);
  // Each round is an interval of its own, so that nothing is taken for what was sent before.
  const intervalEndNs = (nowIntervals + round + WARM_UP_ROUNDS) * INTERVAL_NS;
  return { url, connections: CONNECTIONS, sides, intervalEndNs, inFlight: IN_FLIGHT };
}

function assertTaken(name: string, { requests, statuses }: SendResult): void {
  if (statuses['200'] !== requests)
    throw new Error(`${name}: not all requests were taken: ${JSON.stringify(statuses)}`);
}

/** A figure counts only if every record came and went. */
async function checkCounted({ metricsUrl }: PodflowProcess, name: string, records: number): Promise<void> {
  const text = await (await fetch(metricsUrl)).text();
  const metrics = parsePrometheusText(text);
  const joined = sumOf(metrics, 'podflow_stitch_records_total', { outcome: 'joined' });
  if (joined !== records) throw new Error(`${name}: ${joined} of ${records} records became part of a connection`);
}

function toRun({ records, seconds }: SendResult, cpuSeconds: number): Run {
  return {
    recordsPerCpuSecond: records / cpuSeconds,
    cpuUsPerRecord: (cpuSeconds / records) * 1e6,
    recordsPerSecond: records / seconds,
  };
}

function toFigures(
  runs: readonly Run[],
  residentBytes: number,
  documentsPerRecord: number,
  recordBytes: number,
): WayFigures {
  const of = (key: keyof Run): Spread => toSpread(runs.map((run) => run[key]));
  return {
    recordsPerCpuSecond: of('recordsPerCpuSecond'),
    cpuUsPerRecord: of('cpuUsPerRecord'),
    recordsPerSecond: of('recordsPerSecond'),
    residentMegabytes: Math.round(residentBytes / MEGABYTE),
    documentsPerRecord: Math.round(documentsPerRecord * 1e4) / 1e4,
    recordBytes: Math.round(recordBytes),
  };
}

async function runEnrichBench(): Promise<BenchReport> {
  const folder = mkdtempSync(join(tmpdir(), 'podflow-bench-'));
  teardown.add(() => rmSync(folder, { recursive: true, force: true }));
  const objectsPath = join(folder, 'objects.json');
  writeFileSync(objectsPath, JSON.stringify(createBenchObjects()));
  const ways: Record<string, WayFigures> = {};
  for (const [name, way] of Object.entries(WAYS))
    if (isWanted(name)) ways[name] = await measureWay(name, way, objectsPath);
  const stages = isWanted('stages') ? await measureStages(objectsPath, ROUNDS) : undefined;
  const collector = isWanted('collector') ? await measureCollector(teardown, CONNECTIONS, ROUNDS) : undefined;
  const rate = (name: string): number => ways[name]?.recordsPerCpuSecond.median ?? NaN;
  return {
    name: 'enrich',
    machine: readMachine(),
    figures: { ...BENCH_SIZE, connectionsPerRound: CONNECTIONS, ...ways, stages, collector },
    goals: {
      bothPerspectivesRecordsPerCpuSecond: atLeast(90_000, rate('bothPerspectives')),
      lonePerspectivesRecordsPerCpuSecond: atLeast(60_000, rate('lonePerspectives')),
      prometheusOnlyRecordsPerCpuSecond: atLeast(200_000, rate('prometheusOnly')),
      residentMegabytes: atMost(300, Math.max(...Object.values(ways).map((way) => way.residentMegabytes))),
    },
  };
}

const report = await runEnrichBench();
process.stdout.write(`${JSON.stringify(report)}\n`);
process.exit(0);
