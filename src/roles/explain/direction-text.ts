import type { DirectionJudgement, PolicyName } from '../../model/policy-judgement.ts';

interface Told {
  /** Whose direction it is, and the other end, by name. */
  readonly self: string;
  readonly peer: string;
  /** `80/TCP` */
  readonly port: string;
  /** Whom the rule that matched admits. */
  readonly admits: string | undefined;
}

/** Why a direction is judged as it is, in one sentence; what rules lack is not in it. */
export function toDirectionText(judgement: DirectionJudgement, { self, peer, port, admits }: Told): string {
  const { cause, direction, matched } = judgement;
  const verb = direction === 'ingress' ? 'admits' : 'lets it reach';
  switch (cause) {
    case 'not_isolated':
      return `no policy selects ${self} for ${direction}`;
    case 'rule_matched':
      return `${toName(matched?.policy)} ${verb} ${peer}: rule ${(matched?.ruleIndex ?? 0) + 1}, ${admits ?? 'which matches'}`;
    case 'own_node':
      return `traffic between ${self} and ${peer}, its own node, cannot be forbidden`;
    case 'own_pod':
      return `a pod can always reach itself`;
    case 'no_rules':
      return `${toSelecting(judgement, self)}, and has no rules for it`;
    case 'no_rule_for_peer':
    case 'no_rule_for_port':
      return `${toSelecting(judgement, self)}; no rule ${verb} ${peer} on ${port}`;
    case 'not_a_pod':
      return `${self} is no pod, and no policy speaks of it`;
    case 'host_network':
      return `the API leaves open what policies mean for pods in their node's network`;
    case 'protocol_not_covered':
      return `policies do not speak of this protocol`;
    case 'policy_malformed':
      return `a policy that may select ${self} for ${direction} cannot be read`;
    case 'facts_missing':
      return `what would decide it is not known`;
  }
}

export function toName(policy: PolicyName | undefined): string {
  return policy === undefined ? '' : `${policy.namespaceName}/${policy.name}`;
}

function toSelecting({ selecting, direction }: DirectionJudgement, self: string): string {
  return `${selecting.map(toName).join(', ')} select${selecting.length === 1 ? 's' : ''} ${self} for ${direction}`;
}
