import { parseAddress } from '../../lib/parse-address.ts';
import { toTransportName } from '../../model/ip-protocol.ts';
import type { NamedEnd } from '../../model/named-end.ts';
import type {
  IpBlock,
  NetworkPolicyFacts,
  PolicyCatalogue,
  PolicyDirection,
  PolicyPeer,
  PolicyPort,
} from '../../model/network-policy.ts';
import type { PolicyName } from '../../model/policy-judgement.ts';
import { IpBlockMatcher } from '../../policy/ip-block-matcher.ts';
import { MATCH } from '../../policy/match.ts';
import { matchPorts } from '../../policy/match-port.ts';
import type { Missing, RuleMiss } from './explanation.ts';
import { toBlockText, toPortsText, toRuleText } from './rule-text.ts';
import { findLabelMisses } from './selector-misses.ts';

/** One end's part of a connection: whom its rules are asked about, and on which port of the server. */
export interface RuleQuestion {
  readonly direction: PolicyDirection;
  readonly peer: NamedEnd;
  /** Where named ports are looked up. */
  readonly server: NamedEnd;
  readonly protocolNumber: number;
  readonly port: number;
}

/** Rules told of one connection at most: the nearest ones say it all. */
const MOST_MISSES = 20;

/** What each rule of the selecting policies lacks, the nearest first; a rule that lacks nothing is left out. */
export function findRuleMisses(
  selecting: readonly PolicyName[],
  question: RuleQuestion,
  catalogue: PolicyCatalogue,
): RuleMiss[] {
  const misses = selecting.flatMap(({ namespaceName, name }) => {
    const policy = catalogue.policies(namespaceName, Infinity).find((each) => each.name === name);
    return policy === undefined ? [] : findPolicyMisses(policy, question, catalogue);
  });
  return misses.toSorted((a, b) => toDistance(a) - toDistance(b)).slice(0, MOST_MISSES);
}

function findPolicyMisses(policy: NetworkPolicyFacts, question: RuleQuestion, catalogue: PolicyCatalogue): RuleMiss[] {
  const { direction, peer } = question;
  const rules = policy[direction] ?? [];
  return rules.flatMap((rule, ruleIndex) => {
    const byPeer = rule.peers.map((each) => findPeerMisses(each, policy.namespaceName, peer, catalogue));
    const nearest = byPeer.toSorted((a, b) => toWeight(a) - toWeight(b))[0] ?? [];
    const missing = [...nearest, ...findPortMisses(rule.ports, question)];
    if (missing.length === 0) return [];
    const name = `${policy.namespaceName}/${policy.name}`;
    return [{ policy: name, ruleIndex, admits: toRuleText(rule, direction, policy.namespaceName), missing }];
  });
}

function findPeerMisses(
  { podSelector, namespaceSelector, ipBlock }: PolicyPeer,
  policyNamespace: string,
  end: NamedEnd,
  catalogue: PolicyCatalogue,
): Missing[] {
  if (ipBlock !== undefined) return findBlockMisses(ipBlock, end);
  const { kind, namespaceName, address } = end;
  if (kind !== 'pod' || namespaceName === undefined) return [{ kind: 'pod', wanted: 'a pod', has: address }];
  const labels = end.labels ?? {};
  const ofPod = podSelector === undefined ? [] : findLabelMisses(podSelector, labels, 'pod_label');
  if (namespaceSelector !== undefined)
    return [
      ...findLabelMisses(namespaceSelector, toKnownLabels(namespaceName, catalogue), 'namespace_label'),
      ...ofPod,
    ];
  if (namespaceName === policyNamespace) return ofPod;
  return [{ kind: 'namespace', wanted: `namespace ${policyNamespace}`, has: `namespace ${namespaceName}` }, ...ofPod];
}

/** Of a namespace that is not known, its name is. */
function toKnownLabels(namespaceName: string, catalogue: PolicyCatalogue): Readonly<Record<string, string>> {
  return catalogue.namespaceLabels(namespaceName, Infinity) ?? { 'kubernetes.io/metadata.name': namespaceName };
}

function findBlockMisses(block: IpBlock, { address }: NamedEnd): Missing[] {
  const bytes = parseAddress(address);
  const isIn = bytes !== undefined && new IpBlockMatcher(block).has(bytes);
  return isIn ? [] : [{ kind: 'address', wanted: toBlockText(block), has: address === '' ? null : address }];
}

function findPortMisses(ports: readonly PolicyPort[], { server, protocolNumber, port }: RuleQuestion): Missing[] {
  if (matchPorts(ports, { protocolNumber, port, end: server }) === MATCH.yes) return [];
  const has = `${port}/${toTransportName(protocolNumber).toUpperCase()}`;
  return [{ kind: 'port', wanted: toPortsText(ports), has }];
}

function toDistance({ missing }: RuleMiss): number {
  return toWeight(missing);
}

/** What can be put right with a label is nearer than what needs another rule. */
function toWeight(missing: readonly Missing[]): number {
  return missing.reduce((sum, { kind }) => sum + (kind === 'pod_label' ? 2 : kind === 'port' ? 3 : 4), 0);
}
