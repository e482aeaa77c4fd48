import type { NamedEnd } from '../model/named-end.ts';
import { isOfPort, type Claim } from './claim.ts';
import { ClaimIndex, type ClaimLimits } from './claim-index.ts';
import type { FactsRevision } from './facts-revision.ts';
import { toFirstMs } from './first-time.ts';
import type { Labels } from '../model/network-policy.ts';
import type { DeclaredPort, PodFacts } from './kubernetes-object.ts';
import { LabelHistory, type PodPast } from './label-history.ts';
import type { NodeEntry, NodeRegistry } from './node-registry.ts';
import { isOwner, type Owner, type OwnerRegistry } from './owner-registry.ts';
import type { Tracked } from './object-table.ts';
import type { PolicyChanges } from './policy-changes.ts';
import { isSameLabels } from './same-labels.ts';
import { isSamePorts } from './same-ports.ts';

/** What is kept of a pod. It changes in place: names made of it are checked anew. */
export interface Pod extends Tracked {
  readonly namespaceName: string;
  readonly name: string;
  readonly uid: string | undefined;
  /** Cannot change while a pod lives. */
  readonly isHostNetwork: boolean;
  node: NodeEntry | undefined;
  owner: Owner | undefined;
  labels: Labels | undefined;
  /** Undefined for nearly all: their labels did not change lately. */
  past: PodPast | undefined;
  containerName: string | undefined;
  ports: readonly DeclaredPort[];
  /** Its claims that have not ended: to its addresses, or to a place in its node's network. */
  claims: readonly Claim<Pod>[];
  /** Addresses of its node that it tells of (hostNetwork). */
  hostAddresses: readonly string[];
  /** Claims that are remembered, ended ones included. */
  claimCount: number;
  /** Whether its phase is final: its addresses are no longer its own, whatever its status goes on saying. */
  hasFinished: boolean;
  isGone: boolean;
  /** Grows with every change. */
  version: number;
}

/** Told of each pod that the API server has no more. Must not throw. */
export type OnPodGone = (pod: Pick<NamedEnd, 'namespaceName' | 'podName' | 'podUid'>) => void;

const NO_CLAIMS: readonly Claim<Pod>[] = [];
const NO_TEXTS: readonly string[] = [];
/** Times of the API are cut to whole seconds. */
const SECOND_MS = 1_000;

/** Pods by address, and hostNetwork pods by the name of their node. */
export class PodRegistry {
  readonly claims: ClaimIndex<Pod>;
  readonly hostClaims: ClaimIndex<Pod>;
  readonly #graceMs: number;
  readonly #owners: OwnerRegistry;
  readonly #nodes: NodeRegistry;
  readonly #revision: FactsRevision;
  readonly #changes: PolicyChanges;
  readonly #history: LabelHistory;
  readonly #onGone: OnPodGone;

  constructor(
    limits: ClaimLimits,
    revision: FactsRevision,
    owners: OwnerRegistry,
    nodes: NodeRegistry,
    changes: PolicyChanges,
    onGone: OnPodGone = () => undefined,
  ) {
    const onForgotten = (pod: Pod): void => {
      pod.claimCount--;
      this.#releaseIfForgotten(pod);
    };
    this.claims = new ClaimIndex(limits, isOfPort, onForgotten);
    this.hostClaims = new ClaimIndex(limits, isOfPort, onForgotten);
    this.#graceMs = limits.graceMs;
    this.#owners = owners;
    this.#nodes = nodes;
    this.#revision = revision;
    this.#changes = changes;
    this.#history = new LabelHistory(limits);
    this.#onGone = onGone;
  }

  /** Takes what a pod's object says. */
  tell(facts: PodFacts, nowMs: number, known: Pod | undefined): Pod {
    const pod = known ?? createPod(facts);
    this.#setNode(pod, facts.nodeName, nowMs);
    this.#setOwner(pod, facts);
    if (!isSameLabels(pod.labels, facts.labels)) this.#setLabels(pod, facts.labels, known !== undefined, nowMs);
    pod.containerName = facts.containerName;
    if (!isSamePorts(pod.ports, facts.ports)) pod.ports = facts.ports;
    pod.version++;
    for (const claim of pod.claims) claim.revision = -1;
    // Those that have ended are not at hand.
    if (pod.claimCount > pod.claims.length) this.#revision.bump();
    if (!pod.hasFinished) this.#setClaims(pod, facts, nowMs);
    if (facts.hasFinished && !pod.hasFinished) {
      pod.hasFinished = true;
      this.#endClaims(pod, facts, nowMs);
    }
    return pod;
  }

  /** The pod is gone; `facts` are the last that were told of it, if any were. */
  forget(pod: Pod, nowMs: number, facts: PodFacts | undefined): void {
    this.#endClaims(pod, facts, nowMs);
    pod.isGone = true;
    this.#onGone({ namespaceName: pod.namespaceName, podName: pod.name, podUid: pod.uid });
    this.#releaseIfForgotten(pod);
  }

  #setClaims(pod: Pod, facts: PodFacts, nowMs: number): void {
    const startMs = toFirstMs(facts.startMs, nowMs);
    const begunMs = Math.min(startMs, toFirstMs(facts.begunMs ?? facts.startMs, nowMs));
    if (facts.hasFinished && toEndMs(facts, nowMs) + this.#graceMs <= nowMs) return;
    const keys = toKeys(pod, facts);
    const index = pod.isHostNetwork ? this.hostClaims : this.claims;
    const kept = pod.claims.filter((claim) => keys.includes(claim.key as string));
    for (const claim of pod.claims) if (!kept.includes(claim)) this.#endClaim(pod, claim, nowMs, nowMs);
    for (const claim of kept) claim.begin(begunMs, facts.startMs ?? Infinity);
    const news = keys.filter((key) => !kept.some((claim) => claim.key === key));
    pod.claimCount += news.length;
    // `concat` makes an array of just the size that is needed, which counts with so many of them.
    if (news.length > 0 || kept.length < pod.claims.length)
      pod.claims = kept.concat(news.map((key) => index.open(pod, key, 0, begunMs, startMs)));
    this.#setHostAddresses(pod, pod.isHostNetwork ? facts.addresses : NO_TEXTS, startMs, nowMs);
  }

  #setHostAddresses(pod: Pod, addresses: readonly string[], startMs: number, nowMs: number): void {
    const { node, hostAddresses } = pod;
    if (node === undefined) return;
    for (const address of addresses)
      if (!hostAddresses.includes(address)) this.#nodes.tellAddress(node, address, startMs);
    for (const address of hostAddresses)
      if (!addresses.includes(address)) this.#nodes.untellAddress(node, address, nowMs);
    pod.hostAddresses = addresses;
  }

  #endClaims(pod: Pod, facts: PodFacts | undefined, nowMs: number): void {
    const endMs = toEndMs(facts, nowMs);
    for (const claim of pod.claims) this.#endClaim(pod, claim, endMs, nowMs);
    pod.claims = NO_CLAIMS;
    this.#setHostAddresses(pod, NO_TEXTS, nowMs, nowMs);
  }

  #endClaim(pod: Pod, claim: Claim<Pod>, endMs: number, nowMs: number): void {
    (pod.isHostNetwork ? this.hostClaims : this.claims).end(claim, endMs, nowMs);
  }

  #setNode(pod: Pod, nodeName: string | undefined, nowMs: number): void {
    if (pod.node?.name === nodeName) return;
    const before = pod.node;
    this.#setHostAddresses(pod, NO_TEXTS, nowMs, nowMs);
    pod.node = nodeName === undefined ? undefined : this.#nodes.hold(nodeName);
    if (before !== undefined) this.#nodes.release(before);
  }

  #setLabels(pod: Pod, labels: Labels | undefined, isChange: boolean, nowMs: number): void {
    if (isChange) this.#history.keep(pod, nowMs);
    if (isChange && !pod.hasFinished) this.#changes.note(pod.namespaceName, nowMs);
    pod.labels = labels;
  }

  #setOwner(pod: Pod, facts: PodFacts): void {
    if (isOwner(pod.owner, facts.owner)) return;
    const before = pod.owner;
    pod.owner = facts.owner === undefined ? undefined : this.#owners.hold(facts.namespaceName, facts.owner);
    if (before !== undefined) this.#owners.release(before);
  }

  #releaseIfForgotten(pod: Pod): void {
    if (!pod.isGone || pod.claimCount > 0) return;
    // Both stay named on the pod: a name may still be asked of it in this turn.
    if (pod.node !== undefined) this.#nodes.release(pod.node);
    if (pod.owner !== undefined) this.#owners.release(pod.owner);
  }
}

function createPod({ namespaceName, name, uid, isHostNetwork }: PodFacts): Pod {
  return {
    namespaceName,
    name,
    uid,
    isHostNetwork,
    node: undefined,
    owner: undefined,
    labels: undefined,
    past: undefined,
    containerName: undefined,
    ports: [],
    claims: NO_CLAIMS,
    hostAddresses: NO_TEXTS,
    claimCount: 0,
    hasFinished: false,
    isGone: false,
    version: 0,
    round: 0,
  };
}

/** What a pod claims: its addresses, or one place in the network of its node. */
function toKeys(pod: Pod, facts: PodFacts): readonly string[] {
  if (!pod.isHostNetwork) return facts.addresses;
  return facts.addresses.length === 0 || pod.node === undefined ? NO_TEXTS : [pod.node.name];
}

/**
 * When a pod's addresses ceased to be its own: when its last container ended, where that is told. They may be given to
 * another pod before the API server hears of it.
 */
function toEndMs(facts: PodFacts | undefined, nowMs: number): number {
  return toFirstMs(facts?.finishedMs === undefined ? undefined : facts.finishedMs + SECOND_MS, nowMs);
}
