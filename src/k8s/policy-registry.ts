import { isDeepStrictEqual } from 'node:util';
import type { NetworkPolicyFacts } from '../model/network-policy.ts';
import { isOfPort, type Claim } from './claim.ts';
import { ClaimIndex, type ClaimLimits } from './claim-index.ts';
import { toFirstMs } from './first-time.ts';
import type { CreatedPolicyFacts } from './kubernetes-object.ts';
import type { Tracked } from './object-table.ts';
import type { PolicyChanges } from './policy-changes.ts';
import { PolicyView } from './policy-view.ts';

export interface NetworkPolicy extends Tracked {
  /** As it is now, and since when. */
  claim: Claim<NetworkPolicyFacts>;
}

const NO_POLICIES: readonly NetworkPolicyFacts[] = [];

/**
 * NetworkPolicies by the namespace whose pods they select, and by time: what a policy said claims its namespace from its
 * creation, or from when its change was told, until it said something else or was gone.
 */
export class PolicyRegistry {
  /** Whether any was told, or a list ended without one. */
  isKnown = false;
  readonly #claims: ClaimIndex<NetworkPolicyFacts>;
  readonly #views = new Map<string, PolicyView>();
  readonly #changes: PolicyChanges;

  constructor(limits: ClaimLimits, changes: PolicyChanges) {
    this.#claims = new ClaimIndex<NetworkPolicyFacts>(limits, isOfPort, ({ namespaceName }) => {
      if (this.#claims.newest(namespaceName) === undefined) this.#views.delete(namespaceName);
    });
    this.#changes = changes;
  }

  of(namespaceName: string, timeMs: number): readonly NetworkPolicyFacts[] {
    const known = this.#views.get(namespaceName);
    if (known !== undefined) return known.at(timeMs);
    const newest = this.#claims.newest(namespaceName);
    if (newest === undefined) return NO_POLICIES;
    const view = new PolicyView(newest);
    this.#views.set(namespaceName, view);
    return view.at(timeMs);
  }

  tell(facts: CreatedPolicyFacts, nowMs: number, known: NetworkPolicy | undefined): NetworkPolicy {
    this.isKnown = true;
    if (known === undefined) return { claim: this.#open(facts, toFirstMs(facts.createdMs, nowMs)), round: 0 };
    if (isDeepStrictEqual(known.claim.holder, facts)) return known;
    const before = known.claim;
    known.claim = this.#open(facts, nowMs);
    this.#claims.end(before, nowMs, nowMs);
    return known;
  }

  forget({ claim }: NetworkPolicy, nowMs: number): void {
    const { namespaceName } = claim.holder;
    this.#views.delete(namespaceName);
    this.#claims.end(claim, nowMs, nowMs);
    this.#changes.note(namespaceName, nowMs);
  }

  #open(facts: CreatedPolicyFacts, startMs: number): Claim<NetworkPolicyFacts> {
    const { namespaceName } = facts;
    this.#views.delete(namespaceName);
    this.#changes.note(namespaceName, startMs);
    return this.#claims.open(facts, namespaceName, 0, startMs, startMs);
  }
}
