import type { NameIndex } from '../../k8s/name-index.ts';
import type { PolicyJudge } from '../../model/policy-judge.ts';
import { PolicyEvaluator } from '../../policy/policy-evaluator.ts';
import { RecentBackends } from './recent-backends.ts';

/** Judges connections by the policies that the index of names knows. @param settleMs how long enforcing a change may take */
export function createPolicyJudge(index: NameIndex, settleMs: number): PolicyJudge {
  const backends = new RecentBackends(index);
  return new PolicyEvaluator({
    catalogue: index.policies,
    ends: index,
    settleMs,
    resolveBackends: (service, protocolNumber, port) => backends.resolve(service, protocolNumber, port),
  });
}
