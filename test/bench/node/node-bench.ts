import { setTimeout as delay } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { LinkMonitor } from '../../../src/capture/interface/link-monitor.ts';
import { parsePrometheusText, sumOf } from '../../support/prometheus-text.ts';
import { msUntilBoundary } from '../capture/interval-timing.ts';
import { OtlpReceiver } from '../capture/otlp-receiver.ts';
import type { BenchReport } from '../support/bench-report.ts';
import { atLeast, atMost } from '../support/goal.ts';
import { readMachine } from '../support/machine.ts';
import { tellProgress } from '../support/progress.ts';
import { Teardown } from '../support/teardown.ts';
import { FarmLoad, type FarmLoadResult } from './farm-load.ts';
import { PodFarm } from './pod-farm.ts';
import { PodflowProcess } from './podflow-process.ts';
import { ProcessGroup, type GroupFigures } from './process-group.ts';

/**
 * One observer of a node against a sidecar in each pod: `node test/bench/node/node-bench.ts [--pods N] [--flows N]
 * [--seconds N] [--quick]` as root prints one JSON report. A flow is a TCP connection between two pods, counted once,
 * though both of its ends are observed: each makes two flow records, or less where a client uses a port again within an
 * interval. All observers send OTLP to one local receiver and serve their metrics, with their defaults for the rest.
 * CPU time is that of the observers' processes, from the beginning of the load until the last of its records is sent,
 * by the seconds of the load; what the kernel program costs falls to whoever sends a packet (bench `capture`).
 */
const INTERVAL_MS = 10_000;
const STAGGER_MS = 50;
/** The first scrape and the code's compilation are not what is measured. */
const SETTLE_MS = 3_000;
const WARM_SECONDS = 3;

interface Options {
  readonly pods: number;
  readonly flowsPerSecond: number;
  readonly seconds: number;
}

interface Run {
  readonly load: FarmLoadResult;
  readonly observers: GroupFigures;
  readonly received: { readonly requests: number; readonly bytes: number };
}

interface NodeRun extends Run {
  readonly frames: { readonly interfaces: number; readonly accounted: number; readonly missed: number };
  readonly records: { readonly told: number; readonly sent: number; readonly dropped: number };
  /** Frames of flows that found no room in the flow table. */
  readonly tableFullFrames: number;
}

/** What a run is made on. */
interface Stand {
  readonly farm: PodFarm;
  readonly load: FarmLoad;
  readonly receiver: OtlpReceiver;
  readonly teardown: Teardown;
  readonly options: Options;
}

async function runNodeBench(options: Options): Promise<BenchReport> {
  const teardown = new Teardown();
  tellProgress(`${options.pods} pods`);
  const farm = await PodFarm.create(options.pods);
  teardown.add(() => farm.close());
  const load = await FarmLoad.start(farm);
  teardown.add(() => load.stop());
  const receiver = await OtlpReceiver.start();
  teardown.add(() => receiver.stop());
  const stand: Stand = { farm, load, receiver, teardown, options };
  const node = await runWithNode(stand);
  const sidecars = await runWithSidecars(stand);
  const definition = 'a TCP connection between two observed pods, counted once';
  return {
    name: 'node',
    machine: readMachine(),
    figures: { ...options, flow: definition, node, sidecars },
    goals: toGoals(options, node, sidecars),
  };
}

async function runWithNode(stand: Stand): Promise<NodeRun> {
  const { farm, receiver, teardown } = stand;
  tellProgress('one podflow node --capture');
  const flags = ['--capture', '--host-netns', farm.node.path, '--conntrack', 'off', '--listen-port', 'off'];
  const output = ['--otlp-endpoint', receiver.endpoint, '--interval', `${INTERVAL_MS}ms`];
  const podflow = await PodflowProcess.start(['node', ...flags, ...output], 'observing the pods of the node');
  const done = teardown.add(() => podflow.kill());
  const before = readFrames(farm);
  const run = await measure(stand, [podflow.pid]);
  const families = parsePrometheusText(await (await fetch(podflow.metricsUrl)).text());
  const frames = (outcome: string): number => sumOf(families, 'podflow_capture_frames_total', { outcome });
  const records = (outcome: string): number =>
    sumOf(families, 'podflow_stage_records_total', { stage: 'otlp', outcome });
  const interfaces = readFrames(farm) - before;
  await podflow.stop();
  done();
  return {
    ...run,
    frames: {
      interfaces,
      accounted: frames('attributed') + frames('unattributed') + frames('non_ip'),
      missed: frames('missed'),
    },
    records: { told: records('received'), sent: records('forwarded'), dropped: records('dropped') },
    tableFullFrames: sumOf(families, 'podflow_flow_table_frames_total', { outcome: 'table_full' }),
  };
}

async function runWithSidecars(stand: Stand): Promise<Run> {
  const { farm, receiver, teardown } = stand;
  tellProgress('a sidecar in each pod');
  const sidecars: PodflowProcess[] = [];
  const done = teardown.add(() => sidecars.forEach((sidecar) => sidecar.kill()));
  for (const { namespace } of farm.pods) {
    const flags = ['--netns', namespace.path, '--interface', 'eth0', '--backend', 'ebpf'];
    const output = ['--otlp-endpoint', receiver.endpoint, '--interval', `${INTERVAL_MS}ms`];
    sidecars.push(await PodflowProcess.start(['probe', ...flags, ...output], '"capturing"'));
    await delay(STAGGER_MS);
  }
  const pids = sidecars.map(({ pid }) => pid);
  const run = await measure(stand, pids);
  await Promise.all(sidecars.map((sidecar) => sidecar.stop()));
  done();
  return run;
}

async function measure({ load, receiver, options }: Stand, pids: readonly number[]): Promise<Run> {
  const { flowsPerSecond, seconds } = options;
  await delay(SETTLE_MS);
  await load.run(flowsPerSecond, WARM_SECONDS);
  await delay(msUntilBoundary(Date.now(), INTERVAL_MS));
  await receiver.untilQuiet();
  const before = await receiver.received();
  const group = new ProcessGroup(pids);
  const result = await load.run(flowsPerSecond, seconds);
  await delay(msUntilBoundary(Date.now(), INTERVAL_MS));
  await receiver.untilQuiet();
  const observers = group.finish(seconds);
  const after = await receiver.received();
  tellProgress(`${result.connectionsPerSecond} connections/s, ${observers.cpuSecondsPerSecond.sum} cores`);
  const received = { requests: after.requests - before.requests, bytes: after.bytes - before.bytes };
  return { load: result, observers, received };
}

/** What the node's ends of all pods counted. */
function readFrames({ node, pods }: PodFarm): number {
  const names = new Set(pods.map(({ hostInterface }) => hostInterface));
  const monitor = LinkMonitor.open(node.path);
  const links = monitor.list().filter(({ name }) => names.has(name));
  monitor.close();
  return links.reduce((sum, { rxFrames, txFrames }) => sum + rxFrames + txFrames, 0);
}

function toGoals(options: Options, node: NodeRun, sidecars: Run): BenchReport['goals'] {
  const memory = ({ observers }: Run): number => observers.anonymousMib.sum + observers.kernelMapsMib;
  const cpu = ({ observers }: Run): number => observers.cpuSecondsPerSecond.sum;
  return {
    'flows per second': atLeast(0.99 * options.flowsPerSecond, node.load.connectionsPerSecond),
    'flows per second beside sidecars': atLeast(0.99 * options.flowsPerSecond, sidecars.load.connectionsPerSecond),
    'anonymous memory of one observer, MiB': atMost(80, node.observers.anonymousMib.sum),
    'cores of one observer': atMost(0.15, cpu(node)),
    'cores, share of the sidecars’': atMost(0.2, cpu(node) / cpu(sidecars)),
    'memory with kernel maps, share of the sidecars’': atMost(0.2, memory(node) / memory(sidecars)),
    'frames accounted, percent': atLeast(100, (100 * node.frames.accounted) / node.frames.interfaces),
    'frames missed': atMost(0, node.frames.missed),
    'records dropped': atMost(0, node.records.dropped),
    'frames without room in the flow table': atMost(0, node.tableFullFrames),
  };
}

function parseOptions(args: string[]): Options {
  const options = {
    pods: { type: 'string', default: '50' },
    flows: { type: 'string', default: '10000' },
    seconds: { type: 'string', default: '30' },
    quick: { type: 'boolean', default: false },
  } as const;
  const { values } = parseArgs({ args, options });
  if (values.quick) return { pods: 6, flowsPerSecond: 600, seconds: 5 };
  return { pods: Number(values.pods), flowsPerSecond: Number(values.flows), seconds: Number(values.seconds) };
}

try {
  const report = await runNodeBench(parseOptions(process.argv.slice(2)));
  process.stdout.write(`${JSON.stringify(report)}\n`);
  process.exit(0);
} catch (error) {
  process.stderr.write(`${error instanceof Error ? (error.stack ?? error.message) : String(error)}\n`);
  process.exit(1);
}
