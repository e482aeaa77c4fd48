import type { Labels, NetworkPolicyFacts, PolicyDirection } from '../model/network-policy.ts';
import type { PolicyName } from '../model/policy-judgement.ts';
import { compilePolicy, type CompiledPolicy, type CompiledRule } from './compile-policy.ts';

/** Sets of labels whose policies are remembered for one namespace; the pods of a workload share theirs. */
const MAX_LABELS = 4_096;

export interface SelectingPolicy {
  readonly policy: CompiledPolicy;
  readonly rules: readonly CompiledRule[];
}

/** The policies that speak of a pod in one direction. */
export interface Selection {
  /** Those that isolate it, in the order of their names. */
  readonly selecting: readonly SelectingPolicy[];
  readonly names: readonly PolicyName[];
  /** Those that might, and could not be read. */
  readonly malformed: readonly PolicyName[];
}

interface Selections {
  readonly ingress: Selection;
  readonly egress: Selection;
}

const NO_LABELS: Labels = {};

/** The policies of a namespace as of some moment. */
export class PolicySet {
  readonly #policies: readonly CompiledPolicy[];
  readonly #known = new Map<Labels, Selections>();

  constructor(policies: readonly CompiledPolicy[]) {
    this.#policies = policies.toSorted((a, b) => (a.name.name < b.name.name ? -1 : 1));
  }

  /** @param labels of a pod of the namespace */
  select(labels: Labels | undefined, direction: PolicyDirection): Selection {
    const key = labels ?? NO_LABELS;
    const known = this.#known.get(key) ?? this.#remember(key);
    return known[direction];
  }

  /** The policies that speak of some pod of the namespace; of which, is not known. */
  ofAny(direction: PolicyDirection): Selection {
    return toSelection(this.#policies, direction);
  }

  #remember(labels: Labels): Selections {
    const policies = this.#policies.filter(({ pods }) => pods.matches(labels));
    const selections = { ingress: toSelection(policies, 'ingress'), egress: toSelection(policies, 'egress') };
    if (this.#known.size >= MAX_LABELS) this.#known.clear();
    this.#known.set(labels, selections);
    return selections;
  }
}

function toSelection(policies: readonly CompiledPolicy[], direction: PolicyDirection): Selection {
  const selecting = policies.flatMap((policy) => {
    const rules = policy.isWhole ? policy[direction] : undefined;
    return rules === undefined ? [] : { policy, rules };
  });
  return {
    selecting,
    names: selecting.map(({ policy }) => policy.name),
    // Of what, and for which direction, it was meant is not known either; its selector was narrower at most.
    malformed: policies.filter(({ isWhole }) => !isWhole).map(({ name }) => name),
  };
}

/** Sets by the lists that a catalogue gives, which stay the same objects until they change. */
export class PolicySets {
  readonly #sets = new WeakMap<readonly NetworkPolicyFacts[], PolicySet>();
  readonly #policies = new WeakMap<NetworkPolicyFacts, CompiledPolicy>();

  of(policies: readonly NetworkPolicyFacts[]): PolicySet {
    const known = this.#sets.get(policies);
    if (known !== undefined) return known;
    const set = new PolicySet(policies.map((facts) => this.#compile(facts)));
    this.#sets.set(policies, set);
    return set;
  }

  #compile(facts: NetworkPolicyFacts): CompiledPolicy {
    const known = this.#policies.get(facts);
    if (known !== undefined) return known;
    const compiled = compilePolicy(facts);
    this.#policies.set(facts, compiled);
    return compiled;
  }
}
