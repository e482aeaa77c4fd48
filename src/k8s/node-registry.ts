import type { NamedEnd } from '../model/named-end.ts';
import { toFirstHost, type CidrSet } from './cidr-set.ts';
import type { Claim } from './claim.ts';
import { ClaimIndex, type ClaimLimits } from './claim-index.ts';
import type { FactsRevision } from './facts-revision.ts';
import { toFirstMs } from './first-time.ts';
import type { NodeFacts } from './kubernetes-object.ts';
import type { Tracked } from './object-table.ts';

/** A node of the cluster, told of by its object or by pods that run on it. */
export interface NodeEntry extends Tracked {
  readonly name: string;
  zone: string | undefined;
  isPresent: boolean;
  /** Pods that run on it, or that are remembered. */
  references: number;
  podCidrs: readonly string[];
  /** What its object says, pods' networks' first addresses included. */
  ownAddresses: readonly string[];
  readonly addresses: Map<string, Claim<NodeAddress>>;
}

/** An address of a node. */
export interface NodeAddress {
  readonly node: NodeEntry;
  /** How many say that the node has it: its object, and the hostNetwork pods on it. */
  tellers: number;
  /** Names made of it; see `HostNames`. */
  names: Map<unknown, CheckedName> | undefined;
}

/** A name and the revision of the facts by which it was last found true. */
export interface CheckedName {
  end: NamedEnd;
  revision: number;
}

const NO_TEXTS: readonly string[] = [];

/** Nodes by name and by address. */
export class NodeRegistry {
  readonly claims: ClaimIndex<NodeAddress>;
  readonly #nodes = new Map<string, NodeEntry>();
  readonly #revision: FactsRevision;
  readonly #clusterCidrs: CidrSet;

  constructor(limits: ClaimLimits, revision: FactsRevision, clusterCidrs: CidrSet) {
    this.claims = new ClaimIndex(limits);
    this.#revision = revision;
    this.#clusterCidrs = clusterCidrs;
  }

  /** The node of a pod, which `release` must give back. */
  hold(name: string): NodeEntry {
    const node = this.#at(name);
    node.references++;
    return node;
  }

  release(node: NodeEntry): void {
    node.references--;
    this.#forgetIfUnused(node);
  }

  /** Takes what a node's object says. */
  tell(facts: NodeFacts, nowMs: number): NodeEntry {
    const node = this.#at(facts.name);
    node.isPresent = true;
    if (node.zone !== facts.zone) {
      node.zone = facts.zone;
      this.#revision.bump();
    }
    this.#setPodCidrs(node, facts.podCidrs);
    this.#setAddresses(node, facts, nowMs);
    return node;
  }

  /** The node is gone: its addresses end, its zone is remembered for its pods. */
  forget(node: NodeEntry, nowMs: number): void {
    node.isPresent = false;
    this.#setPodCidrs(node, NO_TEXTS);
    for (const address of node.ownAddresses) this.untellAddress(node, address, nowMs);
    node.ownAddresses = NO_TEXTS;
    this.#forgetIfUnused(node);
  }

  /** Something says that the node has this address, until it is untold as often. */
  tellAddress(node: NodeEntry, address: string, startMs: number): void {
    const known = node.addresses.get(address);
    if (known !== undefined) {
      known.holder.tellers++;
      // The object may tell of an older beginning than a pod does.
      known.begin(startMs, startMs);
      return;
    }
    const holder = { node, tellers: 1, names: undefined };
    node.addresses.set(address, this.claims.open(holder, address, 0, startMs, startMs));
  }

  untellAddress(node: NodeEntry, address: string, nowMs: number): void {
    const known = node.addresses.get(address);
    if (known === undefined || --known.holder.tellers > 0) return;
    node.addresses.delete(address);
    this.claims.end(known, nowMs, nowMs);
  }

  #setAddresses(node: NodeEntry, facts: NodeFacts, nowMs: number): void {
    const startMs = toFirstMs(facts.createdMs, nowMs);
    const before = node.ownAddresses;
    const gateways = facts.podCidrs.map(toFirstHost).filter((address) => address !== undefined);
    node.ownAddresses = [...new Set([...facts.addresses, ...gateways])];
    for (const address of node.ownAddresses)
      if (!before.includes(address)) this.tellAddress(node, address, before.length === 0 ? startMs : nowMs);
    for (const address of before) if (!node.ownAddresses.includes(address)) this.untellAddress(node, address, nowMs);
  }

  #setPodCidrs(node: NodeEntry, podCidrs: readonly string[]): void {
    for (const cidr of podCidrs) if (!node.podCidrs.includes(cidr)) this.#clusterCidrs.add(cidr);
    for (const cidr of node.podCidrs) if (!podCidrs.includes(cidr)) this.#clusterCidrs.remove(cidr);
    node.podCidrs = podCidrs;
  }

  #at(name: string): NodeEntry {
    let node = this.#nodes.get(name);
    if (node === undefined) {
      node = {
        name,
        zone: undefined,
        isPresent: false,
        references: 0,
        podCidrs: NO_TEXTS,
        ownAddresses: NO_TEXTS,
        addresses: new Map(),
        round: 0,
      };
      this.#nodes.set(name, node);
    }
    return node;
  }

  #forgetIfUnused(node: NodeEntry): void {
    if (!node.isPresent && node.references === 0) this.#nodes.delete(node.name);
  }
}
