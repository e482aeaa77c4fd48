import type { NamedEnd, NamedService } from '../model/named-end.ts';
import type { Claim } from './claim.ts';
import type { ClaimIndex } from './claim-index.ts';
import { isSameEnd, toNodeEnd, toPodEnd, toServiceEnd } from './end-name.ts';
import type { FactsRevision } from './facts-revision.ts';
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
    return only === undefined ? undefined : this.#keep(claim, only, only.version, 0);
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
    return this.#keep(claim, undefined, 0, declaring > 1 ? declaring : all);
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

  /** The name kept, when it is still true, else a new one. */
  #keep(claim: Claim<NodeAddress>, pod: Pod | undefined, version: number, candidateCount: number): NamedEnd {
    const { node, names } = claim.holder;
    const address = claim.key as string;
    // Both only grow: their sum stands still when both do.
    const revision = this.#revision.value + version;
    const known = names?.get(pod ?? candidateCount);
    if (known?.revision === revision) return known.end;
    const end =
      pod === undefined
        ? toNodeEnd(address, node, candidateCount, this.#clusterName)
        : toPodEnd(address, pod, this.#clusterName);
    if (known === undefined) {
      remember(claim.holder, pod ?? candidateCount, { end, revision });
      return end;
    }
    if (!isSameEnd(known.end, end)) known.end = end;
    known.revision = revision;
    return known.end;
  }
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
