import type { NamedEnd } from '../model/named-end.ts';
import type { Labels, NetworkPolicyFacts, PolicyCatalogue, PolicyDirection } from '../model/network-policy.ts';
import type { DirectionJudgement, PolicyCause } from '../model/policy-judgement.ts';
import type { DirectionQuestion } from './direction-question.ts';
import { judgeDirection } from './judge-direction.ts';
import { ANY_PORT_KEY, JudgementCache, type JudgementBasis } from './judgement-cache.ts';
import { Judgement } from './judgement.ts';
import type { Target } from './match-port.ts';
import { PeerView } from './peer-view.ts';
import { PolicySets, type Selection } from './policy-set.ts';
import { tellWhy } from './tell-why.ts';

const NO_POLICIES: readonly NetworkPolicyFacts[] = [];
/** In a key, for a port that is not known. */
const NO_PORT = 65_536;

/** Whatever the port: no rule was asked. */
const RULELESS_CAUSES: readonly PolicyCause[] = ['not_isolated', 'own_pod', 'own_node', 'not_a_pod'];

/** Judges pairs of ends, each by the policies of a moment, and remembers what it found. */
export class PairJudge {
  readonly #catalogue: PolicyCatalogue;
  readonly #sets = new PolicySets();
  readonly #cache: JudgementCache;

  constructor(catalogue: PolicyCatalogue, maxJudgements: number) {
    this.#catalogue = catalogue;
    this.#cache = new JudgementCache(maxJudgements);
  }

  /** Gives the same object as long as nothing changes that it was made of. */
  judge(source: NamedEnd, target: Target, timeMs: number): Judgement {
    const { end: destination, protocolNumber, port } = target;
    const portKey = protocolNumber * (NO_PORT + 1) + (port ?? NO_PORT);
    const { revision, changedMs } = this.#catalogue;
    const isNow = timeMs >= changedMs;
    const cached = this.#cache.get(source, destination, portKey);
    if (cached !== undefined && isNow && cached.revision === revision) return cached.judgement;
    const basis = this.#toBasis(source, destination, timeMs);
    if (cached !== undefined && isSameBasis(cached.basis, basis)) {
      if (isNow) cached.revision = revision;
      return cached.judgement;
    }
    const judgement = this.#judgePair(source, target, basis);
    const isForAnyPort = !hasAskedRules(judgement.egress) && !hasAskedRules(judgement.ingress);
    // What held in the past need not hold at any revision from now on.
    const known = isNow ? revision : -1;
    this.#cache.set(source, destination, isForAnyPort ? ANY_PORT_KEY : portKey, basis, judgement, known);
    return judgement;
  }

  /** Remembers nothing: for ports that are used once. */
  judgeOnce(source: NamedEnd, target: Target, timeMs: number): Judgement {
    return this.#judgePair(source, target, this.#toBasis(source, target.end, timeMs));
  }

  #judgePair(source: NamedEnd, target: Target, basis: JudgementBasis): Judgement {
    const { end: destination } = target;
    const egressOf: DirectionQuestion = {
      direction: 'egress',
      subject: source,
      selection: this.#select(source, basis.sourcePolicies, 'egress'),
      peer: new PeerView(destination, basis.destinationNamespaceLabels),
      target,
    };
    const ingressOf: DirectionQuestion = {
      direction: 'ingress',
      subject: destination,
      selection: this.#select(destination, basis.destinationPolicies, 'ingress'),
      peer: new PeerView(source, basis.sourceNamespaceLabels),
      target,
    };
    return new Judgement(judgeDirection(egressOf), judgeDirection(ingressOf), (deciding) =>
      tellWhy(deciding, deciding.direction === 'egress' ? egressOf : ingressOf),
    );
  }

  #select(end: NamedEnd, policies: readonly NetworkPolicyFacts[], direction: PolicyDirection): Selection | undefined {
    if (end.namespaceName === undefined) return undefined;
    const set = this.#sets.of(policies);
    return end.kind === 'pod' ? set.select(end.labels, direction) : set.ofAny(direction);
  }

  #toBasis(source: NamedEnd, destination: NamedEnd, timeMs: number): JudgementBasis {
    return {
      sourcePolicies: this.#policiesOf(source, timeMs),
      destinationPolicies: this.#policiesOf(destination, timeMs),
      sourceNamespaceLabels: this.#labelsOf(source, timeMs),
      destinationNamespaceLabels: this.#labelsOf(destination, timeMs),
    };
  }

  #policiesOf({ namespaceName }: NamedEnd, timeMs: number): readonly NetworkPolicyFacts[] {
    return namespaceName === undefined ? NO_POLICIES : this.#catalogue.policies(namespaceName, timeMs);
  }

  #labelsOf({ namespaceName }: NamedEnd, timeMs: number): Labels | undefined {
    return namespaceName === undefined ? undefined : this.#catalogue.namespaceLabels(namespaceName, timeMs);
  }
}

/** Whether rules were asked for it, or would have to be. */
export function hasAskedRules({ cause }: DirectionJudgement): boolean {
  return !RULELESS_CAUSES.includes(cause);
}

function isSameBasis(one: JudgementBasis, other: JudgementBasis): boolean {
  return (
    one.sourcePolicies === other.sourcePolicies &&
    one.destinationPolicies === other.destinationPolicies &&
    one.sourceNamespaceLabels === other.sourceNamespaceLabels &&
    one.destinationNamespaceLabels === other.destinationNamespaceLabels
  );
}
