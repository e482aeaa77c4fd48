import type { PolicyName, PolicyCause } from '../model/policy-judgement.ts';
import type { CompiledRule } from './compile-policy.ts';
import { least, MATCH, type Match } from './match.ts';
import { matchPorts, type Target } from './match-port.ts';
import type { PeerView } from './peer-view.ts';
import type { SelectingPolicy } from './policy-set.ts';

export interface RuleMatch {
  readonly match: Match;
  readonly cause: PolicyCause;
  readonly matched: { readonly policy: PolicyName; readonly ruleIndex: number } | undefined;
}

/** Whether any rule of policies admits a peer to a port: there is no order, and no rule forbids. */
export function matchRules(selecting: readonly SelectingPolicy[], peer: PeerView, target: Target): RuleMatch {
  let best: Match = MATCH.no;
  let cause: PolicyCause = 'no_rules';
  for (const { policy, rules } of selecting)
    for (const [ruleIndex, rule] of rules.entries()) {
      const peerMatch = matchPeers(rule, peer, policy.name.namespaceName);
      const match = peerMatch === MATCH.no ? peerMatch : least(peerMatch, matchPorts(rule.ports, target));
      if (match === MATCH.yes) return { match, cause: 'rule_matched', matched: { policy: policy.name, ruleIndex } };
      if (match > best) best = match;
      if (peerMatch !== MATCH.no) cause = 'no_rule_for_port';
      else if (cause === 'no_rules') cause = 'no_rule_for_peer';
    }
  return { match: best, cause: best === MATCH.no ? cause : 'facts_missing', matched: undefined };
}

/** Whether a rule names the peer; no peers = everybody. */
export function matchPeers({ peers }: CompiledRule, peer: PeerView, namespaceName: string): Match {
  if (peers.length === 0) return MATCH.yes;
  let best: Match = MATCH.no;
  for (const each of peers) {
    const match = peer.matches(each, namespaceName);
    if (match === MATCH.yes) return match;
    if (match > best) best = match;
  }
  return best;
}
