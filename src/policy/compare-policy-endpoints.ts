import type { NamedEnd } from '../model/named-end.ts';
import type { PolicyCatalogue, PolicyDirection, PolicyEndpointFacts, ResolvedRule } from '../model/network-policy.ts';
import type { PolicyJudgement, PolicyName } from '../model/policy-judgement.ts';
import { compilePolicy } from './compile-policy.ts';
import { joinWords, toEndWords } from './end-words.ts';
import { IpBlockMatcher } from './ip-block-matcher.ts';
import { least, MATCH, type Match } from './match.ts';
import { matchPorts, type Target } from './match-port.ts';
import { matchRules } from './match-rules.ts';
import { PeerView } from './peer-view.ts';

/**
 * Whether what the controller resolved a policy to says of a connection what the policy says: `agrees`; `not_yet`, it
 * says something else; `absent`, there is no PolicyEndpoint of the policy.
 */
export const ENDPOINT_STATES = ['agrees', 'not_yet', 'absent'] as const;
export type EndpointState = (typeof ENDPOINT_STATES)[number];

export const ADMISSIONS = ['admits', 'denies', 'unknown'] as const;
export type Admission = (typeof ADMISSIONS)[number];

/** A policy beside its PolicyEndpoints, for one connection and one of its ends. */
export interface EndpointComparison {
  readonly policy: PolicyName;
  readonly direction: PolicyDirection;
  readonly state: EndpointState;
  /** What the policy alone says of the connection. */
  readonly policySays: Admission;
  /** What its PolicyEndpoints say; undefined where they do not speak of the pod in this direction. */
  readonly resolvedSays: Admission | undefined;
  /** One sentence. */
  readonly why: string;
}

export interface EndpointQuestion {
  readonly source: NamedEnd;
  readonly destination: NamedEnd;
  readonly protocolNumber: number;
  /** Of the destination itself. */
  readonly port: number | undefined;
}

interface Side {
  readonly direction: PolicyDirection;
  readonly subject: NamedEnd;
  readonly peer: PeerView;
  readonly target: Target;
}

/**
 * Every policy that selects an end of a connection beside the `PolicyEndpoint` objects (networking.k8s.aws/v1alpha1) that
 * the AWS controller made of it, and those that still isolate a pod which their policy no longer selects. As all is now.
 */
export function comparePolicyEndpoints(
  { source, destination, protocolNumber, port }: EndpointQuestion,
  judgement: PolicyJudgement,
  catalogue: PolicyCatalogue,
): EndpointComparison[] {
  const target = { end: destination, protocolNumber, port };
  const labelsOf = ({ namespaceName }: NamedEnd) =>
    namespaceName === undefined ? undefined : catalogue.namespaceLabels(namespaceName, Infinity);
  const sides: Side[] = [
    { direction: 'egress', subject: source, peer: new PeerView(destination, labelsOf(destination)), target },
    { direction: 'ingress', subject: destination, peer: new PeerView(source, labelsOf(source)), target },
  ];
  return sides
    .filter(({ subject }) => subject.kind === 'pod')
    .flatMap((side) => compareSide(side, judgement[side.direction].selecting, catalogue));
}

function compareSide(side: Side, selecting: readonly PolicyName[], catalogue: PolicyCatalogue): EndpointComparison[] {
  const { namespaceName = '' } = side.subject;
  const all = catalogue.policyEndpoints(namespaceName);
  const compared = selecting.map((policy) =>
    compare(
      policy,
      side,
      all.filter((each) => isOf(each, policy)),
      catalogue,
    ),
  );
  const left = all.filter((each) => isOn(each, side) && !selecting.some((policy) => isOf(each, policy)));
  const stale = new Map(left.map((each) => [each.policyName, toStale(each, side)]));
  return [...compared, ...stale.values()];
}

function compare(
  policy: PolicyName,
  side: Side,
  endpoints: readonly PolicyEndpointFacts[],
  catalogue: PolicyCatalogue,
): EndpointComparison {
  const { direction, subject } = side;
  const policySays = toAdmission(matchPolicy(policy, side, catalogue));
  const facts = { policy, direction, policySays, resolvedSays: undefined };
  if (endpoints.length === 0)
    return { ...facts, state: 'absent', why: 'the controller has made no PolicyEndpoint of it' };
  const isolating = endpoints.filter((each) => isOn(each, side));
  if (isolating.length === 0) {
    const why = `${toNames(endpoints)} ${endpoints.length > 1 ? 'do' : 'does'} not have ${toEndWords(subject)} for ${direction}`;
    return { ...facts, state: 'not_yet', why };
  }
  const resolvedSays = endpoints.every(({ isWhole }) => isWhole)
    ? toAdmission(
        matchResolved(
          endpoints.flatMap((each) => each[direction]),
          side,
        ),
      )
    : 'unknown';
  const state = resolvedSays === policySays ? 'agrees' : 'not_yet';
  return { ...facts, state, resolvedSays, why: tellResolved(resolvedSays, side, endpoints) };
}

function tellResolved(said: Admission, { peer, target }: Side, endpoints: readonly PolicyEndpointFacts[]): string {
  const what = { admits: 'admits', denies: 'does not admit', unknown: 'may or may not admit' }[said];
  const port = target.port === undefined ? '' : ` to port ${target.port}`;
  return `what it was resolved to (${toNames(endpoints)}) ${what} ${peer.end.address}${port}`;
}

function toStale(endpoint: PolicyEndpointFacts, { direction, subject }: Side): EndpointComparison {
  return {
    policy: { namespaceName: endpoint.policyNamespaceName, name: endpoint.policyName },
    direction,
    state: 'not_yet',
    policySays: 'unknown',
    resolvedSays: undefined,
    why: `${toNames([endpoint])} still has ${toEndWords(subject)} for ${direction}, which the policy does not select`,
  };
}

function matchPolicy(
  { namespaceName, name }: PolicyName,
  { direction, peer, target }: Side,
  catalogue: PolicyCatalogue,
) {
  const facts = catalogue.policies(namespaceName, Infinity).find((each) => each.name === name);
  if (facts === undefined) return MATCH.maybe;
  const policy = compilePolicy(facts);
  return matchRules([{ policy, rules: policy[direction] ?? [] }], peer, target).match;
}

function matchResolved(rules: readonly ResolvedRule[], { peer, target }: Side): Match {
  let best: Match = MATCH.no;
  for (const { ipBlock, ports } of rules) {
    // A rule by domain name admits addresses that only a resolver tells.
    const block = ipBlock && new IpBlockMatcher(ipBlock);
    const ofPeer = block === undefined ? MATCH.maybe : peer.matches(toPeer(block), '');
    const match = least(ofPeer, matchPorts(ports, target));
    if (match > best) best = match;
  }
  return best;
}

function toPeer(block: IpBlockMatcher) {
  return { pods: undefined, namespaces: undefined, block };
}

function toAdmission(match: Match): Admission {
  if (match === MATCH.maybe) return 'unknown';
  return match === MATCH.yes ? 'admits' : 'denies';
}

function isOf({ policyNamespaceName, policyName }: PolicyEndpointFacts, policy: PolicyName): boolean {
  return policyNamespaceName === policy.namespaceName && policyName === policy.name;
}

/** Whether it isolates the pod; of a pod that was made anew under its name it has the old address. */
function isOn({ isolated, pods }: PolicyEndpointFacts, { direction, subject }: Side): boolean {
  if (!isolated.includes(direction)) return false;
  return pods.some(
    ({ address, namespaceName, name }) =>
      name === subject.podName &&
      namespaceName === subject.namespaceName &&
      (address === subject.address || subject.address === ''),
  );
}

function toNames(endpoints: readonly PolicyEndpointFacts[]): string {
  return joinWords(
    endpoints.map(({ namespaceName, name }) => `PolicyEndpoint ${namespaceName}/${name}`),
    'and',
  );
}
