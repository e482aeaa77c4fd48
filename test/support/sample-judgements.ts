import type { DropEvidence } from '../../src/model/drop-evidence.ts';
import type { PolicyDirection } from '../../src/model/network-policy.ts';
import type {
  DirectionJudgement,
  PolicyCause,
  PolicyJudgement,
  PolicyVerdict,
} from '../../src/model/policy-judgement.ts';

const ACCESS_NGINX = { namespaceName: 'shop', name: 'access-nginx' };

function judgeDirection(direction: PolicyDirection, verdict: PolicyVerdict, cause: PolicyCause): DirectionJudgement {
  const isIsolated = cause !== 'not_isolated';
  const matched = cause === 'rule_matched' ? { policy: ACCESS_NGINX, ruleIndex: 0 } : undefined;
  return { direction, verdict, cause, selecting: isIsolated ? [ACCESS_NGINX] : [], matched };
}

/** What policies may say; `changes` of single facts. */
export function createJudgement(changes: Partial<PolicyJudgement> = {}): PolicyJudgement {
  const ingress = judgeDirection('ingress', 'denied', 'no_rule_for_peer');
  return {
    verdict: 'denied',
    egress: judgeDirection('egress', 'allowed', 'not_isolated'),
    ingress,
    deciding: ingress,
    policy: ACCESS_NGINX,
    why: 'NetworkPolicy shop/access-nginx selects the pod for ingress, and no rule of it names a peer with run=denied',
    ...changes,
  };
}

export function createAllowed(): PolicyJudgement {
  const ingress = judgeDirection('ingress', 'allowed', 'rule_matched');
  return createJudgement({ verdict: 'allowed', ingress, deciding: undefined, policy: undefined, why: undefined });
}

export function createUnknown(): PolicyJudgement {
  const ingress = judgeDirection('ingress', 'unknown', 'host_network');
  const why = 'the destination is a pod in the network of its node, of which the API leaves open what policies say';
  return createJudgement({ verdict: 'unknown', ingress, deciding: ingress, policy: undefined, why });
}

/** A packet that netfilter dropped, as the kernel of a node says; `changes` of single facts. */
export function createEvidence(changes: Partial<DropEvidence> = {}): DropEvidence {
  return {
    source: 'kernel',
    reason: 'netfilter_drop',
    detail: 'NETFILTER_DROP',
    packets: 3,
    bytes: 222,
    nodeName: 'node-1',
    ...changes,
  };
}
