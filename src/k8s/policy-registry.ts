import type { NetworkPolicyFacts } from '../model/network-policy.ts';
import type { Tracked } from './object-table.ts';

export interface NetworkPolicy extends Tracked {
  facts: NetworkPolicyFacts;
}

const NO_POLICIES: readonly NetworkPolicyFacts[] = [];

/** NetworkPolicies by the namespace whose pods they select. */
export class PolicyRegistry {
  readonly #policies = new Map<string, Map<string, NetworkPolicyFacts>>();

  of(namespaceName: string): readonly NetworkPolicyFacts[] {
    const policies = this.#policies.get(namespaceName);
    return policies === undefined ? NO_POLICIES : [...policies.values()];
  }

  tell(facts: NetworkPolicyFacts, _nowMs: number, known: NetworkPolicy | undefined): NetworkPolicy {
    const policy = known ?? { facts, round: 0 };
    policy.facts = facts;
    const policies = this.#policies.get(facts.namespaceName) ?? new Map<string, NetworkPolicyFacts>();
    this.#policies.set(facts.namespaceName, policies.set(facts.name, facts));
    return policy;
  }

  forget({ facts }: NetworkPolicy): void {
    const policies = this.#policies.get(facts.namespaceName);
    policies?.delete(facts.name);
    if (policies?.size === 0) this.#policies.delete(facts.namespaceName);
  }
}
