import type { PolicyDirection } from './network-policy.ts';

export const POLICY_VERDICTS = ['allowed', 'denied', 'unknown'] as const;
export type PolicyVerdict = (typeof POLICY_VERDICTS)[number];

/** Why a direction is judged as it is. */
export const POLICY_CAUSES = [
  /** No policy selects the pod for this direction. */
  'not_isolated',
  /** A rule matched. */
  'rule_matched',
  /** Traffic between a pod and its own node, or itself, which no policy can forbid. */
  'own_node',
  'own_pod',
  /** Isolated, and the policies have no rules. */
  'no_rules',
  /** No rule names this peer. */
  'no_rule_for_peer',
  /** Rules name the peer, and not this port. */
  'no_rule_for_port',
  /** The end of this direction is no pod of the cluster: no policy speaks of it. */
  'not_a_pod',
  /** hostNetwork pods: the API leaves it open. */
  'host_network',
  /** A protocol without ports: the API leaves it open. */
  'protocol_not_covered',
  /** A policy that could decide it could not be read. */
  'policy_malformed',
  /** What would decide it is not known: an address, a namespace's labels, who began the connection. */
  'facts_missing',
] as const;
export type PolicyCause = (typeof POLICY_CAUSES)[number];

export interface PolicyName {
  readonly namespaceName: string;
  readonly name: string;
}

/** What the policies say of one end's part: the source's egress or the destination's ingress. */
export interface DirectionJudgement {
  readonly direction: PolicyDirection;
  readonly verdict: PolicyVerdict;
  readonly cause: PolicyCause;
  /** Policies that select the pod for this direction, in the order of their names. */
  readonly selecting: readonly PolicyName[];
  /** The policy whose rule matched, and the rule's position in its list; undefined where none did. */
  readonly matched: { readonly policy: PolicyName; readonly ruleIndex: number } | undefined;
}

/**
 * What the NetworkPolicies of the cluster say of a connection. It never changes, and the same object is given for the
 * same ends, port and policies, so that what is made of it can be kept by it.
 */
export interface PolicyJudgement {
  /** Denied where either direction is; allowed where both are. */
  readonly verdict: PolicyVerdict;
  readonly egress: DirectionJudgement;
  readonly ingress: DirectionJudgement;
  /** The direction that decides: the one that denies (egress first), else the one that is not known; undefined = allowed. */
  readonly deciding: DirectionJudgement | undefined;
  /** The policy to look at: the first that selects the pod of a denying direction. */
  readonly policy: PolicyName | undefined;
  /** One sentence on the deciding direction: which policies select the pod, and which peer or port no rule admits. */
  readonly why: string | undefined;
}

/** Where what happened and what the policies say are worth a look. */
export const POLICY_FINDINGS = [
  /** It failed, and a policy denies it. */
  'denied',
  /** It was dropped, though the policies allow it: look elsewhere. */
  'unexplained',
  /** It got through, though a policy denies it: the policy is not enforced. */
  'unexpectedly_allowed',
] as const;
export type PolicyFinding = (typeof POLICY_FINDINGS)[number];
