import { isDeepStrictEqual } from 'node:util';
import type { PolicyEndpointFacts } from '../model/network-policy.ts';
import type { Tracked } from './object-table.ts';

export interface PolicyEndpoint extends Tracked {
  facts: PolicyEndpointFacts;
}

const NONE: readonly PolicyEndpointFacts[] = [];

/** PolicyEndpoints by the namespace of the policy that each is of, as they are now. */
export class PolicyEndpointRegistry {
  /** By namespace: those of it, and the list made of them. */
  readonly #namespaces = new Map<string, Set<PolicyEndpoint>>();
  readonly #lists = new Map<string, readonly PolicyEndpointFacts[]>();

  of(namespaceName: string): readonly PolicyEndpointFacts[] {
    const known = this.#lists.get(namespaceName);
    if (known !== undefined) return known;
    const entries = this.#namespaces.get(namespaceName);
    if (entries === undefined) return NONE;
    const list = [...entries].map(({ facts }) => facts).toSorted((one, other) => (one.name < other.name ? -1 : 1));
    this.#lists.set(namespaceName, list);
    return list;
  }

  tell(facts: PolicyEndpointFacts, _nowMs: number, known: PolicyEndpoint | undefined): PolicyEndpoint {
    if (known !== undefined && isDeepStrictEqual(known.facts, facts)) return known;
    if (known !== undefined) this.forget(known);
    const entry = known ?? { facts, round: 0 };
    entry.facts = facts;
    const { policyNamespaceName } = facts;
    const entries = this.#namespaces.get(policyNamespaceName) ?? new Set();
    this.#namespaces.set(policyNamespaceName, entries.add(entry));
    this.#lists.delete(policyNamespaceName);
    return entry;
  }

  forget(entry: PolicyEndpoint): void {
    const { policyNamespaceName } = entry.facts;
    const entries = this.#namespaces.get(policyNamespaceName);
    entries?.delete(entry);
    if (entries?.size === 0) this.#namespaces.delete(policyNamespaceName);
    this.#lists.delete(policyNamespaceName);
  }
}
