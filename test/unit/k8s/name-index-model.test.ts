import { randomInt } from 'node:crypto';
import { describe, expect, test } from '@jest/globals';
import { NameIndex } from '../../../src/k8s/name-index.ts';
import type { NamedEnd } from '../../../src/model/named-end.ts';
import {
  nodeObject,
  ownedObject,
  podObject,
  serviceObject,
  type PodOptions,
} from '../../support/kubernetes-objects.ts';
import { seededRandom } from '../../support/seeded-random.ts';

/**
 * The index against a model that keeps everything for ever in lists and goes through all of them for each question: by
 * random events on few addresses, so that they collide, and random questions about past, present and near future.
 */
const EVENTS = 4_000;
const QUESTIONS_AN_EVENT = 5;
const TOLERANCE_MS = 10_000;
const NODES = 3;
const ADDRESSES = 6;
/** So few that addresses are free at times. */
const MOST_PODS = 10;
const NEVER_MS = 1e15;

interface Tenure {
  readonly holder: ModelPod | string;
  readonly address: string;
  begunMs: number;
  startMs: number;
  endMs: number;
}

interface ModelPod {
  readonly name: string;
  readonly node: string;
  readonly owner: string | undefined;
  readonly isHost: boolean;
  readonly port: number;
  labels: Record<string, string>;
  /** Labels that it had before. */
  readonly past: { readonly labels: Record<string, string>; readonly untilMs: number }[];
  options: PodOptions;
  hasFinished: boolean;
}

/** The written rule as an order of preference: the smallest tuple wins. */
function rank(tenure: Tenure, order: number, timeMs: number): number[] | undefined {
  const { begunMs, startMs, endMs } = tenure;
  if (timeMs >= startMs && timeMs < endMs) return [1, -startMs, -order];
  if (timeMs >= begunMs && timeMs < startMs) return [2, startMs, -order];
  const isAfter = timeMs >= endMs;
  const distanceMs = isAfter ? timeMs - endMs : begunMs - timeMs;
  return distanceMs <= TOLERANCE_MS ? [3, distanceMs, isAfter ? 0 : 1, -order] : undefined;
}

function compare(one: readonly number[], other: readonly number[]): number {
  const at = one.findIndex((value, i) => value !== other[i]);
  return at < 0 ? 0 : (one[at] ?? 0) - (other[at] ?? 0);
}

function findHolder(tenures: readonly Tenure[], address: string, timeMs: number): Tenure | undefined {
  const ranked = tenures
    .map((tenure, order) => ({ tenure, rank: rank(tenure, order, timeMs) }))
    .filter((each) => each.tenure.address === address && each.rank !== undefined);
  return ranked.toSorted((one, other) => compare(one.rank ?? [], other.rank ?? []))[0]?.tenure;
}

class Model {
  readonly pods: ModelPod[] = [];
  readonly podTenures: Tenure[] = [];
  readonly hostTenures: Tenure[] = [];
  readonly serviceTenures: Tenure[] = [];
  readonly zones = new Map<string, string>();
  readonly deployments = new Map<string, string>();

  describe(address: string, port: number, timeMs: number): object {
    const pod = findHolder(this.podTenures, address, timeMs)?.holder as ModelPod | undefined;
    if (pod !== undefined) return this.#describePod(pod, timeMs);
    const nodeNumber = /^192\.0\.2\.(\d)$/.exec(address)?.[1];
    if (nodeNumber !== undefined) return this.#describeNode(`n${nodeNumber}`, port, timeMs);
    const service = findHolder(this.serviceTenures, address, timeMs)?.holder as string | undefined;
    if (service === undefined) return { kind: 'unknown' };
    const isHeld = (each: Tenure): boolean => each.address === address && timeMs >= each.startMs && timeMs < each.endMs;
    const isShared = new Set(this.serviceTenures.filter(isHeld).map(({ holder }) => holder)).size > 1;
    return { kind: 'service', serviceName: isShared && port !== 80 ? undefined : service };
  }

  #describePod({ name, node, owner, labels, past, isHost }: ModelPod, timeMs: number): object {
    const deployment = owner === undefined ? undefined : this.deployments.get(owner);
    const workloadKind = owner === undefined ? 'Pod' : deployment === undefined ? 'ReplicaSet' : 'Deployment';
    const workloadName = deployment ?? owner ?? name;
    return {
      kind: 'pod',
      podName: name,
      nodeName: node,
      zone: this.zones.get(node),
      workloadKind,
      workloadName,
      labels: past.find(({ untilMs }) => timeMs < untilMs)?.labels ?? labels,
      isHostNetwork: isHost,
    };
  }

  #describeNode(node: string, port: number, timeMs: number): object {
    const there = this.hostTenures
      .filter(({ address, begunMs, endMs }) => address === node && timeMs >= begunMs && timeMs < endMs)
      .map(({ holder }) => holder as ModelPod);
    const declaring = there.filter((pod) => pod.port === port);
    if (declaring.length === 1) return this.#describePod(declaring[0] as ModelPod, timeMs);
    const candidateCount = declaring.length > 1 ? declaring.length : there.length;
    return {
      kind: candidateCount === 0 ? 'node' : 'ambiguous',
      nodeName: node,
      zone: this.zones.get(node),
      candidateCount,
    };
  }
}

class World {
  readonly model = new Model();
  readonly index = new NameIndex({
    clusterCidrs: ['0.0.0.0/0'],
    toleranceMs: TOLERANCE_MS,
    graceMs: NEVER_MS,
    maxEndedClaims: 1e9,
  });
  readonly #random: (limit: number) => number;
  readonly #services = new Map<string, string>();
  nowMs = Date.parse('2026-11-21T12:00:00Z');

  constructor(random: (limit: number) => number) {
    this.#random = random;
    for (let i = 1; i <= NODES; i++) this.#applyNode(i);
  }

  step(): void {
    this.nowMs += this.#random(8_000);
    const pod = this.model.pods[this.#random(this.model.pods.length || 1)];
    const what = this.#random(12);
    if (pod === undefined || (what < 5 && this.model.pods.length < MOST_PODS)) this.#addPod();
    else if (what < 6) this.#deletePod(pod);
    else if (what === 6) this.#finishPod(pod);
    else if (what === 7) this.#relabel(pod);
    else if (what === 8) this.#applyNode(1 + this.#random(NODES));
    else if (what === 9) this.#applyReplicaSet();
    else if (what === 10) this.#changeService();
    else this.#relist();
  }

  #addPod(): void {
    const random = this.#random;
    const number = random(1e9);
    const node = `n${1 + random(NODES)}`;
    const isHost = random(4) === 0;
    const owner = random(3) === 0 ? undefined : `r${random(5)}`;
    const startMs = this.nowMs - random(12) * 1_000;
    const begunMs = startMs - random(10) * 1_000;
    const [isStartTold, isSandboxTold] = [random(4) > 0, random(2) === 0];
    const port = 9_000 + random(3);
    const options: PodOptions = {
      node,
      hostNetwork: isHost,
      ips: [isHost ? `192.0.2.${node.slice(1)}` : `10.1.0.${random(ADDRESSES)}`],
      ports: [[port]],
      ...(isStartTold && { startTime: new Date(begunMs).toISOString() }),
      ...(isSandboxTold && { sandboxTime: new Date(startMs).toISOString() }),
      ...(owner !== undefined && { owner: { kind: 'ReplicaSet', name: owner } }),
    };
    const pod: ModelPod = {
      name: `p${number}`,
      node,
      owner,
      isHost,
      port,
      labels: { n: String(random(3)) },
      past: [],
      options,
      hasFinished: false,
    };
    this.model.pods.push(pod);
    const saidMs = isSandboxTold ? startMs : isStartTold ? begunMs : this.nowMs;
    const tenure = {
      holder: pod,
      address: isHost ? node : (options.ips?.[0] ?? ''),
      begunMs: isStartTold ? Math.min(begunMs, saidMs) : saidMs,
      startMs: saidMs,
      endMs: Infinity,
    };
    (isHost ? this.model.hostTenures : this.model.podTenures).push(tenure);
    this.#applyPod(pod);
  }

  #applyPod(pod: ModelPod, change: 'ADDED' | 'MODIFIED' | 'DELETED' = 'ADDED', more: PodOptions = {}): void {
    this.index.apply('Pod', change, podObject(pod.name, { ...pod.options, labels: pod.labels, ...more }), this.nowMs);
  }

  #deletePod(pod: ModelPod): void {
    const agoMs = this.#random(20) * 1_000;
    const isTold = this.#random(2) === 0;
    const finishedAt = new Date(this.nowMs - agoMs).toISOString();
    this.#applyPod(pod, 'DELETED', isTold ? { containerStatuses: [{ state: { terminated: { finishedAt } } }] } : {});
    this.#forget(pod, isTold ? this.nowMs - agoMs + 1_000 : this.nowMs);
  }

  #forget(pod: ModelPod, endMs: number): void {
    this.model.pods.splice(this.model.pods.indexOf(pod), 1);
    this.#end(pod, endMs);
  }

  #end(pod: ModelPod, endMs: number): void {
    if (pod.hasFinished) return;
    pod.hasFinished = true;
    for (const tenure of [...this.model.podTenures, ...this.model.hostTenures])
      if (tenure.holder === pod) {
        tenure.endMs = Math.min(endMs, this.nowMs);
        tenure.startMs = Math.min(tenure.startMs, tenure.endMs);
        tenure.begunMs = Math.min(tenure.begunMs, tenure.endMs);
      }
  }

  #finishPod(pod: ModelPod): void {
    this.#applyPod(pod, 'MODIFIED', { phase: 'Succeeded' });
    pod.options = { ...pod.options, phase: 'Succeeded' };
    this.#end(pod, this.nowMs);
  }

  #relabel(pod: ModelPod): void {
    pod.past.push({ labels: pod.labels, untilMs: this.nowMs });
    pod.labels = { n: String(this.#random(3)) };
    this.#applyPod(pod, 'MODIFIED');
  }

  #applyNode(i: number): void {
    const zone = `zone-${this.#random(3)}`;
    this.model.zones.set(`n${i}`, zone);
    this.index.apply(
      'Node',
      'MODIFIED',
      nodeObject(`n${i}`, { zone, internalIPs: [`192.0.2.${i}`], creationTimestamp: '2020-01-01T00:00:00Z' }),
      this.nowMs,
    );
  }

  #applyReplicaSet(): void {
    const name = `r${this.#random(5)}`;
    this.model.deployments.set(name, `d${name}`);
    this.index.apply('ReplicaSet', 'ADDED', ownedObject(name, { kind: 'Deployment', name: `d${name}` }), this.nowMs);
  }

  #changeService(): void {
    const name = `s${this.#random(3)}`;
    const known = this.#services.get(name);
    if (known !== undefined) {
      this.#services.delete(name);
      for (const tenure of this.model.serviceTenures)
        if (tenure.holder === name) tenure.endMs = Math.min(tenure.endMs, this.nowMs);
      this.index.apply('Service', 'DELETED', serviceObject(name), this.nowMs);
      return;
    }
    const address = `10.96.0.${this.#random(3)}`;
    this.#services.set(name, address);
    this.model.serviceTenures.push({
      holder: name,
      address,
      begunMs: this.nowMs,
      startMs: this.nowMs,
      endMs: Infinity,
    });
    this.index.apply('Service', 'ADDED', serviceObject(name, { clusterIPs: [address] }), this.nowMs);
  }

  /** A list in which some pods are missing: their deletion was not heard. */
  #relist(): void {
    if (this.#random(4) > 0) return;
    this.index.beginReplace('Pod');
    for (const pod of [...this.model.pods])
      if (this.#random(10) > 0) this.#applyPod(pod);
      else this.#forget(pod, this.nowMs);
    this.index.endReplace('Pod', this.nowMs);
  }

  ask(): { readonly found: NamedEnd; readonly expected: object; readonly question: string } {
    const random = this.#random;
    const toAddress = [`10.1.0.${random(ADDRESSES)}`, `192.0.2.${1 + random(NODES + 1)}`, `10.96.0.${random(4)}`];
    const address = toAddress[random(3)] ?? '';
    const port = [80, 9_000, 9_001, 9_002, 40_000][random(5)] ?? 0;
    const timeMs = this.nowMs + 15_000 - random(120_000);
    const isNoNode = address === `192.0.2.${NODES + 1}`;
    const expected = isNoNode ? { kind: 'unknown' } : this.model.describe(address, port, timeMs);
    return {
      found: this.index.resolveEnd(address, 6, port, timeMs),
      expected,
      question: `${address}:${port} at ${timeMs}`,
    };
  }
}

describe('the index of names and a model of it', () => {
  const seed = Number(process.env['MODEL_SEED'] ?? randomInt(2 ** 32));

  test(`say the same (MODEL_SEED=${seed})`, () => {
    const world = new World(seededRandom(seed));
    const kinds = new Map<string, number>();
    for (let event = 0; event < EVENTS; event++) {
      world.step();
      for (let i = 0; i < QUESTIONS_AN_EVENT; i++) {
        const { found, expected, question } = world.ask();
        kinds.set(found.kind, (kinds.get(found.kind) ?? 0) + 1);
        const said = Object.fromEntries(Object.keys(expected).map((key) => [key, found[key as keyof NamedEnd]]));
        expect({ question, event, ...said }).toEqual({ question, event, ...expected });
      }
    }
    for (const kind of ['pod', 'node', 'ambiguous', 'service', 'unknown']) expect(kinds.get(kind)).toBeGreaterThan(100);
  });

  test(`a name that says the same is the same object (MODEL_SEED=${seed})`, () => {
    const world = new World(seededRandom(seed));
    const last = new Map<string, NamedEnd>();
    let kept = 0;
    for (let event = 0; event < EVENTS; event++) {
      world.step();
      for (let i = 0; i < QUESTIONS_AN_EVENT; i++) {
        const { found, question } = world.ask();
        const key = `${found.kind} ${found.address} ${found.podUid ?? found.serviceName ?? found.candidateCount}`;
        const before = last.get(key);
        last.set(key, found);
        if (before === undefined || before === found) kept++;
        else expect({ question, event, ...before }).not.toEqual({ question, event, ...found });
      }
    }
    expect(kept).toBeGreaterThan(EVENTS);
  });
});
