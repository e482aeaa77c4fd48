import type { NetworkPolicyFacts, PolicyPeer, PolicyPort, PolicyRule } from '../model/network-policy.ts';
import type { PolicyName } from '../model/policy-judgement.ts';
import { IpBlockMatcher } from './ip-block-matcher.ts';
import { LabelMatcher } from './label-matcher.ts';

export interface CompiledPeer {
  readonly pods: LabelMatcher | undefined;
  readonly namespaces: LabelMatcher | undefined;
  readonly block: IpBlockMatcher | undefined;
}

export interface CompiledRule {
  /** Empty = everybody. */
  readonly peers: readonly CompiledPeer[];
  /** Empty = all ports. */
  readonly ports: readonly PolicyPort[];
}

/** A policy with its selectors and blocks made ready. */
export interface CompiledPolicy {
  readonly name: PolicyName;
  /** What is not whole judges nothing. */
  readonly isWhole: boolean;
  readonly pods: LabelMatcher;
  readonly ingress: readonly CompiledRule[] | undefined;
  readonly egress: readonly CompiledRule[] | undefined;
}

export function compilePolicy(facts: NetworkPolicyFacts): CompiledPolicy {
  const { namespaceName, name, isWhole } = facts;
  return {
    name: { namespaceName, name },
    isWhole,
    pods: new LabelMatcher(facts.podSelector),
    ingress: facts.ingress?.map(compileRule),
    egress: facts.egress?.map(compileRule),
  };
}

function compileRule({ peers, ports }: PolicyRule): CompiledRule {
  return { peers: peers.map(compilePeer), ports };
}

function compilePeer({ podSelector, namespaceSelector, ipBlock }: PolicyPeer): CompiledPeer {
  return {
    pods: podSelector && new LabelMatcher(podSelector),
    namespaces: namespaceSelector && new LabelMatcher(namespaceSelector),
    block: ipBlock && new IpBlockMatcher(ipBlock),
  };
}
