import assert from 'node:assert/strict';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { NameIndex } from '../../../src/k8s/name-index.ts';
import { toFlatText } from '../../../src/lib/to-flat-text.ts';
import { IP_PROTOCOL } from '../../../src/model/ip-protocol.ts';
import type { KubernetesKind } from '../../../src/model/kubernetes-counters.ts';
import { seededRandom } from '../../support/seeded-random.ts';
import { atLeast, atMost } from '../support/goal.ts';
import { readMachine } from '../support/machine.ts';
import { tellProgress } from '../support/progress.ts';
import { toSpread, type Spread } from '../support/spread.ts';
import {
  bulkEndpointSlice,
  bulkNode,
  bulkPod,
  bulkPodAddress,
  bulkReplicaSet,
  bulkService,
  bulkServiceAddress,
  LARGE_CLUSTER,
} from './bulk-cluster.ts';

/**
 * The index of names at the size of a large cluster: its heap, names resolved a second, and what a change of a pod
 * costs. `node test/bench/k8s/names-bench.ts` prints one JSON document. Rates are those of a second of CPU time.
 */
const ROUNDS = 5;
const LOOKUPS = 2_000_000;
/** Addresses that one round asks for, in random order: as many as there are pods, so that no cache holds them. */
const ASKED = 100_000;
const CHANGES = 2_000;
const CHANGES_A_SECOND = 100;
const TIME_MS = Date.parse('2026-11-21T12:00:00Z');
const MIB = 2 ** 20;
const GOALS = { lookupsASecond: 2_000_000, heapMib: 150, corePercent: 5 };

setFlagsFromString('--expose-gc');
const collectGarbage = runInNewContext('gc') as () => void;

function heapMib(): number {
  collectGarbage();
  collectGarbage();
  return process.memoryUsage().heapUsed / MIB;
}

function cpuMs(): number {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1e3;
}

function fill(index: NameIndex, kind: KubernetesKind, count: number, toJson: (i: number) => string): void {
  index.beginReplace(kind);
  for (let i = 0; i < count; i++) index.apply(kind, 'ADDED', JSON.parse(toJson(i)), TIME_MS);
  index.endReplace(kind, TIME_MS);
}

function fillAll(index: NameIndex): void {
  const { pods, services, nodes } = LARGE_CLUSTER;
  fill(index, 'Node', nodes, bulkNode);
  fill(index, 'Service', services, bulkService);
  fill(index, 'EndpointSlice', services, bulkEndpointSlice);
  fill(index, 'ReplicaSet', services, bulkReplicaSet);
  fill(index, 'Pod', pods, (i) => bulkPod(i));
}

/** Texts that are ready, as the decoder has them: none of the strings that the index itself holds. */
function pick(toAddress: (i: number) => string, limit: number): string[] {
  const random = seededRandom(limit);
  return Array.from({ length: ASKED }, () => toFlatText(toAddress(random(limit))));
}

type Ask = (address: string) => unknown;

function measureLookups(what: string, addresses: readonly string[], ask: Ask): Spread {
  tellProgress(`names: ${what}`);
  const run = (): number => {
    const startMs = cpuMs();
    let named = 0;
    for (let n = 0; n < LOOKUPS; n += addresses.length)
      for (const address of addresses) if (ask(address) !== undefined) named++;
    assert.equal(named, LOOKUPS);
    return Math.round((LOOKUPS * 1_000) / (cpuMs() - startMs));
  };
  run();
  return toSpread(Array.from({ length: ROUNDS }, run));
}

/** CPU microseconds of what a client does with one pod that is replaced by another: parse and apply three events. */
function measureChanges(index: NameIndex): { spread: Spread; applySpread: Spread } {
  tellProgress('names: changes');
  const all: number[] = [];
  const apply: number[] = [];
  for (let round = 1; round <= ROUNDS; round++) {
    const texts = Array.from({ length: CHANGES }, (_, n) => [bulkPod(n * 50, round - 1), bulkPod(n * 50, round)]);
    const startMs = cpuMs();
    const objects = texts.map(([gone = '', come = '']) => [JSON.parse(gone), JSON.parse(come)] as unknown[]);
    const parsedMs = cpuMs();
    objects.forEach(([gone, come], n) => {
      const nowMs = TIME_MS + round * 60_000 + n * 10;
      index.apply('Pod', 'DELETED', gone, nowMs);
      index.apply('Pod', 'ADDED', come, nowMs + 1);
      index.apply('Pod', 'MODIFIED', come, nowMs + 2);
    });
    const endMs = cpuMs();
    apply.push(((endMs - parsedMs) * 1_000) / (3 * CHANGES));
    // The third event is parsed as the others are.
    all.push((((parsedMs - startMs) * 1.5 + endMs - parsedMs) * 1_000) / (3 * CHANGES));
  }
  return { spread: toSpread(all), applySpread: toSpread(apply) };
}

const emptyMib = heapMib();
tellProgress(`names: ${LARGE_CLUSTER.pods} pods of ${bulkPod(0).length} bytes`);
const index = new NameIndex({ clusterName: 'large' });
const startMs = cpuMs();
fillAll(index);
const fillCpuSeconds = (cpuMs() - startMs) / 1_000;
const filledMib = heapMib() - emptyMib;
for (let i = 0; i < LARGE_CLUSTER.pods; i++)
  assert.equal(index.resolveEnd(bulkPodAddress(i), IP_PROTOCOL.tcp, 8080, TIME_MS).kind, 'pod');
const namedMib = heapMib() - emptyMib;

const pods = pick(bulkPodAddress, LARGE_CLUSTER.pods);
const services = pick(bulkServiceAddress, LARGE_CLUSTER.services);
const external = pick((i) => `203.${i >> 16}.${(i >> 8) & 255}.${i & 255}`, 10_000);
const { tcp } = IP_PROTOCOL;
const lookupsPerCpuSecond = {
  pod: measureLookups('pods', pods, (each) => index.resolveEnd(each, tcp, 40_000, TIME_MS)),
  service: measureLookups('Services', services, (each) => index.resolveService(each, tcp, 80, TIME_MS)),
  serviceEnd: measureLookups('ends that are Services', services, (each) => index.resolveEnd(each, tcp, 80, TIME_MS)),
  endpointService: measureLookups('backends', pods, (each) => index.resolveEndpointService(each, tcp, 8080, TIME_MS)),
  external: measureLookups('external', external, (each) => index.resolveEnd(each, tcp, 443, TIME_MS)),
};
const { spread: changeMicros, applySpread: applyMicros } = measureChanges(index);
const corePercent = (changeMicros.median * CHANGES_A_SECOND) / 1e4;
const slowest = Math.min(...Object.values(lookupsPerCpuSecond).map(({ median }) => median));
process.stdout.write(
  `${JSON.stringify({
    name: 'names',
    machine: readMachine(),
    figures: {
      ...LARGE_CLUSTER,
      podBytes: bulkPod(0).length,
      fillCpuSeconds,
      heapMib: { filled: filledMib, allPodsNamed: namedMib },
      lookupsPerCpuSecond,
      podChange: { applyMicros, parseAndApplyMicros: changeMicros },
    },
    goals: {
      slowestLookupsPerCpuSecond: atLeast(GOALS.lookupsASecond, slowest),
      heapMib: atMost(GOALS.heapMib, namedMib),
      corePercentAt100ChangesASecond: atMost(GOALS.corePercent, corePercent),
    },
  })}\n`,
);
