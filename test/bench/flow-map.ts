import { encodeConnectionJson } from '../../src/lib/connection-json.ts';
import { FlowMap } from '../../src/map/flow-map.ts';
import type { ConnectionSink } from '../../src/model/connection-output.ts';
import type { Connection } from '../../src/model/connection.ts';
import type { MapQuery } from '../../src/model/map-snapshot.ts';
import { RecentFlows } from '../../src/web/api/recent-flows.ts';
import { createSampleConnections, SAMPLE_INTERVAL_MS } from '../support/sample-connections.ts';
import { createPodEnd } from '../support/sample-ends.ts';
import { atMost } from './support/goal.ts';
import { readMachine } from './support/machine.ts';
import { toSpread, type Spread } from './support/spread.ts';

/**
 * Cost of the live view: what a connection costs the map and the ring of recent flows, and what their answers cost,
 * among 1,000 active pairs of 5,000 pods and with the map full, in CPU time. `node test/bench/flow-map.ts` prints one JSON document.
 */
const PODS = 5_000;
const PAIRS = 1_000;
const CONNECTIONS = 20_000;
const BATCH = 500;
const ROUNDS = 11;
/** The thread's CPU time advances in steps of 4 ms: what is shorter is done several times. */
const PASSES = 10;
const INTERVALS = 31;
const INTERVAL_MS = 10_000;

const pods = Array.from({ length: PODS }, (_, i) => createPodEnd(`10.1.${i >> 8}.${i & 255}`, `app-${i % 500}`, i));

/** Connections between `pairs` pairs of pods, half of them seen from both ends. */
function createConnections(pairs: number): Connection[] {
  const samples = createSampleConnections(PAIRS);
  return Array.from({ length: CONNECTIONS }, (_, i) => {
    const pair = i % pairs;
    const source = pods[(pair * 37) % PODS]!;
    const destination = pods[(pair * 91 + 7 + Math.floor(pair / PODS)) % PODS]!;
    return { ...samples[i % samples.length]!, source, destination };
  });
}

/** CPU microseconds of the thread that a call takes, one value a round; the first one warms up and is left out. */
function measureMicros(run: () => unknown): number[] {
  const rounds = Array.from({ length: ROUNDS + 1 }, () => {
    const before = process.threadCpuUsage();
    for (let pass = 0; pass < PASSES; pass++) run();
    const { user, system } = process.threadCpuUsage(before);
    return (user + system) / PASSES;
  });
  return rounds.slice(1);
}

/** CPU microseconds a connection. */
function measureAccept(sink: ConnectionSink, connections: readonly Connection[]): Spread {
  const batches = Array.from({ length: CONNECTIONS / BATCH }, (_, i) => connections.slice(i * BATCH, (i + 1) * BATCH));
  const micros = measureMicros(() => batches.forEach((batch) => sink.accept(batch)));
  return toSpread(micros.map((each) => each / CONNECTIONS));
}

function measureMs(run: () => unknown): Spread {
  return toSpread(measureMicros(run).map((micros) => micros / 1_000));
}

/** A map in which every interval of the window has connections of `pairs` pairs. */
function fillMap(pairs: number): { readonly map: FlowMap; readonly acceptMicros: Spread } {
  const clock = { nowMs: SAMPLE_INTERVAL_MS };
  const map = new FlowMap({ nowMs: () => clock.nowMs });
  const connections = createConnections(pairs);
  const acceptMicros = measureAccept(map, connections);
  for (let step = 0; step < INTERVALS; step++, clock.nowMs += INTERVAL_MS) {
    map.accept(connections.map((each) => ({ ...each, intervalStartMs: clock.nowMs })));
  }
  return { map, acceptMicros };
}

const usual = fillMap(PAIRS);
const full = fillMap(CONNECTIONS);
const flows = new RecentFlows();
const flowMicros = measureAccept(flows, createConnections(PAIRS));
const page = () => flows.find({ filters: [() => true], limit: 1_000, before: undefined });
const answer = (map: FlowMap, query: MapQuery) => measureMs(() => JSON.stringify(map.snapshot(query)));

const figures = {
  mapMicros: usual.acceptMicros,
  fullMapMicros: full.acceptMicros,
  flowMicros,
  workloadMapMs: answer(usual.map, { level: 'workload', edgeLimit: 1_000 }),
  podMapMs: answer(usual.map, { level: 'pod', edgeLimit: 1_000 }),
  fullWorkloadMapMs: answer(full.map, { level: 'workload', edgeLimit: 1_000 }),
  fullPodMapMs: answer(full.map, { level: 'pod', edgeLimit: 1_000 }),
  flowPageMs: measureMs(() => page().flows.map(encodeConnectionJson).join()),
};
const report = {
  name: 'flow-map',
  machine: readMachine(),
  figures,
  goals: {
    mapMicros: atMost(0.5, figures.mapMicros.median),
    flowMicros: atMost(0.5, figures.flowMicros.median),
    workloadMapMs: atMost(10, figures.workloadMapMs.median),
  },
};
process.stdout.write(`${JSON.stringify(report)}\n`);
