import type { NamedEnd } from '../../model/named-end.ts';
import type { PolicyCatalogue } from '../../model/network-policy.ts';
import type { PolicyJudgement } from '../../model/policy-judgement.ts';
import { comparePolicyEndpoints } from '../../policy/compare-policy-endpoints.ts';
import { toName } from './direction-text.ts';
import type { DialledConnection } from './explain-direction.ts';
import type { ExplainedPolicyEndpoint } from './explanation.ts';

/** What the cluster's controller resolved the policies to, where it is one that does. */
export function explainPolicyEndpoints(
  judgement: PolicyJudgement,
  dialled: DialledConnection,
  catalogue: PolicyCatalogue,
): ExplainedPolicyEndpoint[] {
  const hasAny = ({ namespaceName }: NamedEnd): boolean =>
    namespaceName !== undefined && catalogue.policyEndpoints(namespaceName).length > 0;
  if (!hasAny(dialled.source) && !hasAny(dialled.destination)) return [];
  return comparePolicyEndpoints(dialled, judgement, catalogue).map(
    ({ policy, direction, state, policySays, resolvedSays, why }) => ({
      policy: toName(policy),
      direction,
      state,
      policySays,
      resolvedSays: resolvedSays ?? null,
      why,
    }),
  );
}
