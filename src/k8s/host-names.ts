import type { NamedEnd, NamedService } from '../model/named-end.ts';
import type { Claim } from './claim.ts';
import type { ClaimIndex } from './claim-index.ts';
import { isSameEnd, toNodeEnd, toPodEnd, toServiceEnd } from './end-name.ts';
import type { FactsRevision } from './facts-revision.ts';
import { hasLabelsOfNow, toLabelsAt, toSharedEnd } from './label-history.ts';
import type { CheckedName, NodeAddress } from './node-registry.ts';
import type { Pod } from './pod-registry.ts';

/** Names kept for one address; pods come and go, and those of long ago need not be kept. */
const MAX_NAMES = 256;

/**
 * Names of a node's addresses, which its hostNetwork pods share: who of them has a port is told by what they declare.
 */
export class HostNames {
  readonly #hostClaims: ClaimIndex<Pod>;
  readonly #revision: FactsRevision;
  readonly #clusterName: string | undefined;

  constructor(hostClaims: ClaimIndex<Pod>, revision: FactsRevision, clusterName: string | undefined) {
    this.#hostClaims = hostClaims;
    this.#revision = revision;
    this.#clusterName = clusterName;
  }

  /** The only pod of the node that declares the port; undefined where none or several do. */
  byPort(claim: Claim<NodeAddress>, portKey: number, timeMs: number): NamedEnd | undefined {
    let only: Pod | undefined;
    for (let each = this.#newest(claim); each !== undefined; each = each.older) {
      if (!isThere(each, timeMs) || !declares(each.holder, portKey)) continue;
      if (only !== undefined) return undefined;
      only = each.holder;
    }
    return only === undefined ? undefined : this.#namePod(claim, only, timeMs);
  }

  /** The node itself, or one of its hostNetwork pods: of those that declare the port where several do, else of all. */
  byNode(claim: Claim<NodeAddress>, portKey: number, timeMs: number): NamedEnd {
    let all = 0;
    let declaring = 0;
    for (let each = this.#newest(claim); each !== undefined; each = each.older) {
      if (!isThere(each, timeMs)) continue;
      all++;
      if (declares(each.holder, portKey)) declaring++;
    }
    return this.#nameNode(claim, declaring > 1 ? declaring : all);
  }

  /** A Service whose NodePort is dialled at the node's address. */
  byNodePort(claim: Claim<NodeAddress>, service: NamedService): NamedEnd {
    const known = claim.holder.names?.get(service);
    if (known !== undefined) return known.end;
    const end = toServiceEnd(claim.key as string, service, this.#clusterName);
    remember(claim.holder, service, { end, revision: 0 });
    return end;
  }

  #newest(claim: Claim<NodeAddress>): Claim<Pod> | undefined {
    return this.#hostClaims.newest(claim.holder.node.name);
  }

  #nameNode(claim: Claim<NodeAddress>, candidateCount: number): NamedEnd {
    const { value: revision } = this.#revision;
    const known = claim.holder.names?.get(candidateCount);
    if (known?.revision === revision) return known.end;
    const end = toNodeEnd(claim.key as string, claim.holder.node, candidateCount, this.#clusterName);
    return keep(claim.holder, candidateCount, known, end, revision);
  }

  #namePod(claim: Claim<NodeAddress>, pod: Pod, timeMs: number): NamedEnd {
    // Both only grow: their sum stands still when both do.
    const revision = this.#revision.value + pod.version;
    const known = claim.holder.names?.get(pod);
    const isOfNow = hasLabelsOfNow(pod, timeMs);
    if (isOfNow && known?.revision === revision) return known.end;
    if (known !== undefined) toSharedEnd(pod, known.end);
    const made = toPodEnd(claim.key as string, pod, this.#clusterName, toLabelsAt(pod, timeMs));
    const end = toSharedEnd(pod, made);
    return isOfNow ? keep(claim.holder, pod, known, end, revision) : end;
  }
}

/** Keeps the name that is known when it says the same as the new one, else the new one. */
function keep(
  address: NodeAddress,
  key: unknown,
  known: CheckedName | undefined,
  end: NamedEnd,
  revision: number,
): NamedEnd {
  if (known === undefined) {
    remember(address, key, { end, revision });
    return end;
  }
  if (!isSameEnd(known.end, end)) known.end = end;
  known.revision = revision;
  return known.end;
}

function remember(address: NodeAddress, key: unknown, name: CheckedName): void {
  if (address.names === undefined || address.names.size >= MAX_NAMES) address.names = new Map();
  address.names.set(key, name);
}

function isThere(claim: Claim<Pod>, timeMs: number): boolean {
  return timeMs >= claim.begunMs && (claim.endMs === undefined || timeMs < claim.endMs);
}

function declares(pod: Pod, portKey: number): boolean {
  for (const declared of pod.ports) if (declared.portKey === portKey) return true;
  return false;
}
