import { toTransportName } from '../../model/ip-protocol.ts';
import type { NamedEnd } from '../../model/named-end.ts';
import type { PolicyCatalogue, PolicyDirection } from '../../model/network-policy.ts';
import type { DirectionJudgement, PolicyJudgement } from '../../model/policy-judgement.ts';
import { toEndText } from '../enrich/end-text.ts';
import { toDirectionText, toName } from './direction-text.ts';
import type { ExplainedDirection } from './explanation.ts';
import { findRuleMisses } from './rule-misses.ts';
import { toRuleText } from './rule-text.ts';

/** A connection as it reaches its server: Services undone. */
export interface DialledConnection {
  readonly source: NamedEnd;
  readonly destination: NamedEnd;
  readonly protocolNumber: number;
  readonly port: number;
}

/** One direction of a judgement with what people ask of it: which rule matched, or what the nearest ones lack. */
export function explainDirection(
  judgement: PolicyJudgement,
  direction: PolicyDirection,
  { source, destination, protocolNumber, port }: DialledConnection,
  catalogue: PolicyCatalogue,
): ExplainedDirection {
  const judged = judgement[direction];
  const { verdict, cause, selecting } = judged;
  const [self, peer] = direction === 'egress' ? [source, destination] : [destination, source];
  const question = { direction, peer, server: destination, protocolNumber, port };
  const matched = explainMatch(judged, catalogue);
  const text = toDirectionText(judged, {
    self: toEndText(self),
    peer: toEndText(peer),
    port: `${port}/${toTransportName(protocolNumber).toUpperCase()}`,
    admits: matched?.admits,
  });
  return {
    direction,
    verdict,
    cause,
    selecting: selecting.map(toName),
    matched,
    misses: verdict === 'allowed' ? [] : findRuleMisses(selecting, question, catalogue),
    why: (judgement.deciding === judged ? judgement.why : undefined) ?? text,
  };
}

function explainMatch(
  { direction, matched }: DirectionJudgement,
  catalogue: PolicyCatalogue,
): ExplainedDirection['matched'] {
  if (matched === undefined) return null;
  const { policy, ruleIndex } = matched;
  const facts = catalogue.policies(policy.namespaceName, Infinity).find(({ name }) => name === policy.name);
  const rule = facts?.[direction]?.[ruleIndex];
  return {
    policy: toName(policy),
    ruleIndex,
    admits: rule === undefined ? '' : toRuleText(rule, direction, policy.namespaceName),
  };
}
