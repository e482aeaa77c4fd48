import type { DropReason } from '../../model/drop-reason.ts';
import type { ExplainedDirection, Explanation, Observed } from './explanation.ts';

type Facts = Omit<Explanation, 'likelyCause'>;

/** Where to look when policies allow what fails. */
const HINTS: Readonly<Partial<Record<DropReason, string>>> = {
  connection_refused: 'nobody listens on that port',
  port_unreachable: 'nobody listens on that port',
  no_socket: 'nobody listens on that port',
  fragmentation_needed: 'an MTU on the way is smaller than the packets',
  dns_unanswered: 'the name server does not answer',
  vpc_reject: 'a security group or network ACL rejects it',
  policy_agent_deny: 'the node has not yet taken over what the policies say now',
  reverse_path_filter: 'a node expects the source on another interface (rp_filter)',
};
const ELSEWHERE =
  'look beyond NetworkPolicies: security groups, a node’s own firewall, policies of the CNI, the server';

/** What is the matter, in one sentence. */
export function toLikelyCause(facts: Facts): string {
  const { verdict, cause, service, backends, observed } = facts;
  if (cause === 'no_backends')
    return `Service ${service?.namespace}/${service?.name} has no endpoint on port ${service?.port}, so nobody can answer: check its selector, and whether its pods are ready.`;
  const why = toWhy(facts);
  if (backends.length > 0 && !backends.some(({ isReady }) => isReady))
    return `None of the ${backends.length} endpoints of Service ${service?.namespace}/${service?.name} is ready, so nobody answers.`;
  if (cause === 'backends_differ') {
    const denied = backends.filter((each) => each.verdict === 'denied').length;
    return `${denied} of ${backends.length} backends are denied: ${why}`;
  }
  if (verdict === 'denied') return isSeenThrough(observed) ? toUnenforced(why) : why;
  return verdict === 'unknown' ? why : toAllowed(facts);
}

/** The sentence of the direction that decides, and whether what was resolved of it says the same. */
function toWhy(facts: Facts): string {
  const deciding = toDeciding(facts);
  if (deciding === undefined) return '';
  const resolved = facts.policyEndpoints.filter(({ direction }) => direction === deciding.direction);
  const doesAgree = resolved.every(({ state }) => state === 'agrees');
  const agreement =
    resolved.length === 0 ? '' : `; the PolicyEndpoint ${doesAgree ? 'agrees' : 'does not agree (yet)'}`;
  return `${deciding.why}${agreement}.`;
}

function toDeciding({ egress, ingress }: Facts): ExplainedDirection | undefined {
  const directions = [egress, ingress].filter((each) => each !== null);
  return (
    directions.find(({ verdict }) => verdict === 'denied') ?? directions.find(({ verdict }) => verdict === 'unknown')
  );
}

function isSeenThrough(observed: Observed | null): boolean {
  return (observed?.verdicts.forwarded ?? 0) > 0 && toFailed(observed) === 0;
}

function toUnenforced(why: string): string {
  return `${why.replace(/\.$/, '')}; yet it got through lately, so that the policy is not enforced, or has just changed.`;
}

function toAllowed({ policyEndpoints, observed }: Facts): string {
  const behind = policyEndpoints.find(({ state, resolvedSays }) => state === 'not_yet' && resolvedSays !== 'admits');
  const failed = toFailed(observed);
  if (behind !== undefined)
    return `Policies allow it, but what the cluster's controller made of ${behind.policy} does not (yet): ${behind.why}.`;
  if (observed === null || observed.reports === 0) return 'Policies allow it.';
  if (failed === 0) return 'Policies allow it, and it was seen to get through.';
  const [reason] = Object.entries(observed.reasons).toSorted(([, a], [, b]) => b - a)[0] ?? [];
  const hint = HINTS[reason as DropReason] ?? ELSEWHERE;
  return `Policies allow it, yet ${failed} of ${observed.reports} reports failed (${reason ?? 'for no known reason'}): ${hint}.`;
}

function toFailed(observed: Observed | null): number {
  return (observed?.verdicts.dropped ?? 0) + (observed?.verdicts.rejected ?? 0);
}
