import { setTimeout as delay } from 'node:timers/promises';
import type { FlowRecord } from '../../../src/model/flow-record.ts';
import { POD_NAMES, PODS, type NodeName, type PodName } from '../service-network/cluster-plan.ts';
import { ServiceNetwork, type RuleFlavour } from '../service-network/service-network.ts';
import { ConntrackLog, type TrackedConnection } from './conntrack-log.ts';
import { createNatCases, type NatCase } from './nat-cases.ts';
import { NatTraffic, type Conversation } from './nat-traffic.ts';
import { ObservedNode } from './observed-node.ts';
import type { MirrorSource } from './record-translation.ts';
import { toObservedText } from './tuple-text.ts';

const INTERVAL_MS = 1_000;
/** Where in an interval the cases begin, so that the short ones do not meet its end. */
const BEGIN_AT_MS = 100;

/** The ways to hear of connections; each must tell the same. */
export const RUN_SOURCES = ['netlink', 'command'] as const satisfies readonly MirrorSource[];

/** One node as podflow sees it, and as the conntrack tool does. */
interface WatchedNode {
  readonly observed: ObservedNode;
  readonly tracked: ConntrackLog;
}

type WatchedNodes = Readonly<Record<NodeName, WatchedNode>>;

/** All cases of both families, run once on one network, and what came of it. */
export class NatRun {
  readonly network: ServiceNetwork;
  readonly conversations: ReadonlyMap<NatCase, readonly Conversation[]>;
  readonly #nodes: WatchedNodes;
  /** By node: events first, then what the table held at the end. */
  readonly #tracked: Readonly<Record<NodeName, readonly TrackedConnection[]>>;
  readonly #traffic: NatTraffic;

  private constructor(
    network: ServiceNetwork,
    traffic: NatTraffic,
    nodes: WatchedNodes,
    conversations: ReadonlyMap<NatCase, readonly Conversation[]>,
  ) {
    this.network = network;
    this.conversations = conversations;
    this.#nodes = nodes;
    this.#traffic = traffic;
    const all = ({ tracked }: WatchedNode): TrackedConnection[] => [...tracked.begun(), ...tracked.listed()];
    this.#tracked = { 'node-a': all(nodes['node-a']), 'node-b': all(nodes['node-b']) };
  }

  static async start(flavour: RuleFlavour): Promise<NatRun> {
    const network = await ServiceNetwork.create(flavour);
    const traffic = await NatTraffic.start(network);
    const cases = [...createNatCases('ipv4'), ...createNatCases('ipv6')];
    await traffic.openEarly(cases);
    const [nodeA, nodeB] = await Promise.all([watch(network, 'node-a'), watch(network, 'node-b')]);
    await untilIntervalBegins();
    const done = await Promise.all(cases.map(async (natCase) => [natCase, await traffic.run(natCase)] as const));
    await untilIntervalBegins();
    await Promise.all([nodeA.observed.finish(), nodeB.observed.finish()]);
    return new NatRun(network, traffic, { 'node-a': nodeA, 'node-b': nodeB }, new Map(done));
  }

  /** Records of a pod that show this tuple, translated by one source. */
  records(source: MirrorSource, pod: PodName, observed: string): FlowRecord[] {
    const all = this.#nodes[PODS[pod].node].observed.translation(source).records(pod);
    return all.filter((record) => toObservedText(record) === observed);
  }

  /** All records of a pod as captured. */
  untranslated(pod: PodName): readonly FlowRecord[] {
    return this.#nodes[PODS[pod].node].observed.untranslated(pod);
  }

  /** What the conntrack tool says that a node delivered of what was dialled so, in its order, each once. */
  deliveredByConntrack(node: NodeName, dialled: string): string[] {
    const found = this.#tracked[node].filter(({ original }) => original === dialled);
    return [...new Set(found.map(({ delivered }) => delivered))];
  }

  /** What the conntrack tool says that was dialled of what a node delivered so. */
  dialledByConntrack(node: NodeName, served: string): string[] {
    const found = this.#tracked[node].filter(({ delivered }) => delivered === served);
    return [...new Set(found.map(({ original }) => original))];
  }

  async close(): Promise<void> {
    this.#traffic.close();
    for (const { observed, tracked } of Object.values(this.#nodes)) {
      await observed.close();
      await tracked.stop();
    }
    this.network.close();
  }
}

async function watch(network: ServiceNetwork, name: NodeName): Promise<WatchedNode> {
  const tracked = await ConntrackLog.start(network.nodes[name]);
  const pods = POD_NAMES.filter((pod) => PODS[pod].node === name);
  const mirrors = RUN_SOURCES.map((source) => ({ source }));
  return { observed: await ObservedNode.start(network, name, pods, mirrors), tracked };
}

async function untilIntervalBegins(): Promise<void> {
  await delay(INTERVAL_MS - (Date.now() % INTERVAL_MS) + BEGIN_AT_MS);
}
