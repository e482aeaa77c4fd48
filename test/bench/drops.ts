import { setTimeout as delay } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { DropCollector } from '../support/drop-collector.ts';
import { runFlood, type FloodResult } from '../support/load.ts';
import { readRulePackets } from '../support/namespace-counters.ts';
import { NodeNetwork } from '../support/node-network.ts';
import { BpfStats } from './support/bpf-stats.ts';
import { atLeast, atMost } from './support/goal.ts';
import { readMachine } from './support/machine.ts';
import { tellProgress } from './support/progress.ts';
import { readBpfObjects } from './support/process-files.ts';
import { toSpread, toSpreads } from './support/spread.ts';
import { Teardown } from './support/teardown.ts';

/**
 * Cost of telling what the kernel drops: `node test/bench/drops.ts [--seconds N] [--rounds N] [--quick]` as root prints
 * one JSON report. A pod sends UDP of 1,000 flows that its node drops in FORWARD, so that whoever sends pays for the
 * drop. Rounds with and without the tracepoint take turns; the kernel's own statistic, which costs some 40 ns a run
 * itself, is taken in rounds of its own.
 */
const PACKETS_PER_SECOND = 50_000;
const FLOOD = { sourcePorts: 50, destinationPorts: 20, payloadBytes: 64 };
const SETTLE_MS = 500;

interface Figures {
  readonly sent: number;
  readonly senderUsPerDrop: number;
  readonly perSecond: number;
}

interface ToldFigures extends Figures {
  readonly told: number;
  readonly records: number;
  /** CPU time of this process, which reads the maps and makes the records, by the load's seconds. */
  readonly readerCpuPercent: number;
}

const { values } = parseArgs({
  options: {
    seconds: { type: 'string', default: '4' },
    rounds: { type: 'string', default: '3' },
    quick: { type: 'boolean', default: false },
  },
});
const seconds = values.quick ? 1 : Number(values.seconds);
const rounds = values.quick ? 1 : Number(values.rounds);

const teardown = new Teardown();
const network = await NodeNetwork.create();
teardown.add(() => network.close());
const client = await network.addPod('routed');
const server = await network.addPod('routed');
network.node.run('iptables', '-w', '-A', 'FORWARD', '-p', 'udp', '-j', 'DROP');

const stats = new BpfStats();
const without: Figures[] = [];
const withDrops: ToldFigures[] = [];
const costs: (ToldFigures & { nsPerRun: number; runs: number })[] = [];
await flood();
for (let round = 0; round < rounds; round++) {
  tellProgress(`round ${round + 1} of ${rounds}`);
  without.push(toFigures(await flood()));
  withDrops.push(await floodWithDrops());
  costs.push(await measureCost());
}

const senderDifference = without.map(
  ({ senderUsPerDrop }, i) => (withDrops[i]?.senderUsPerDrop ?? NaN) - senderUsPerDrop,
);
const nsPerDrop = toSpread(costs.map(({ nsPerRun }) => nsPerRun));
const all = [...withDrops, ...costs];
const toldShare = all.reduce((sum, { told }) => sum + told, 0) / all.reduce((sum, { sent }) => sum + sent, 0);
const figures = {
  dropsPerSecond: toSpread(all.map(({ perSecond }) => perSecond)),
  nsPerDropByKernel: nsPerDrop,
  senderUsPerDropMore: toSpread(senderDifference),
  toldPercent: toldShare * 100,
  rulePackets: readRulePackets(network.node, 'iptables', 'FORWARD'),
  without: toSpreads(without),
  withDrops: toSpreads(withDrops),
};
const goals = {
  nsPerDropByKernel: atMost(400, nsPerDrop.median),
  senderUsPerDropMore: atMost(0.4, toSpread(senderDifference).median),
  toldPercent: atLeast(100, figures.toldPercent),
};
process.stdout.write(`${JSON.stringify({ name: 'drops', machine: readMachine(), figures, goals })}\n`);
process.exit(0);

function flood(): Promise<FloodResult> {
  return runFlood(client.namespace, {
    ...FLOOD,
    packetsPerSecond: PACKETS_PER_SECOND,
    seconds,
    destination: server.address,
  });
}

function toFigures({ sent, cpu_s: cpuSeconds, secs }: FloodResult): Figures {
  return { sent, senderUsPerDrop: (cpuSeconds / sent) * 1e6, perSecond: sent / secs };
}

async function floodWithDrops(onFlooded: () => void = () => undefined): Promise<ToldFigures> {
  const collector = await DropCollector.start(network.node.path);
  await delay(SETTLE_MS);
  const before = process.cpuUsage();
  const result = await flood();
  const { user, system } = process.cpuUsage(before);
  onFlooded();
  await collector.drops.stop();
  const told = collector.packets({ dropReason: 'netfilter_drop', destinationAddress: server.address });
  const readerCpuPercent = (user + system) / 1e4 / result.secs;
  return { ...toFigures(result), told, records: collector.records.length, readerCpuPercent };
}

async function measureCost(): Promise<ToldFigures & { nsPerRun: number; runs: number }> {
  let runs = 0;
  let runTimeNs = 0;
  stats.on();
  const result = await floodWithDrops(() => {
    for (const object of readBpfObjects([process.pid])) {
      if (object.kind !== 'program') continue;
      runs += object.runCount;
      runTimeNs += object.runTimeNs;
    }
  });
  stats.off();
  return { ...result, runs, nsPerRun: runTimeNs / runs };
}
