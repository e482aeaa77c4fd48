import { text, type ConnectionAttribute } from './connection-attribute.ts';
import { DROP_PLACES, type Connection } from './connection.ts';
import { toDropDetail } from './drop-detail.ts';
import { POLICY_CAUSES, POLICY_FINDINGS, POLICY_VERDICTS } from './policy-judgement.ts';

/** Where a connection failed, what others than its observers say of that, and what the policies say of it. */
export const JUDGEMENT_ATTRIBUTES: readonly ConnectionAttribute[] = [
  text(
    'flow.drop.place',
    'where it was lost, as far as both ends are observed: on the way to the server, at the server, on the way back',
    ({ dropPlace }) => dropPlace,
    DROP_PLACES,
  ),
  text('flow.evidence', 'who else says that packets were dropped: kernel, network_policy_agent, vpc_flow_log', (c) =>
    toSources(c),
  ),
  text('flow.drop.detail', 'the word of who dropped it, for that reason', toDropDetail),
  text('flow.policy.verdict', 'what the NetworkPolicies say', ({ judgement }) => judgement?.verdict, POLICY_VERDICTS),
  text(
    'flow.policy.direction',
    'the direction that decides, where they do not allow it',
    ({ judgement }) => judgement?.deciding?.direction,
    ['ingress', 'egress'],
  ),
  text('flow.policy.cause', 'why it does', ({ judgement }) => judgement?.deciding?.cause, POLICY_CAUSES),
  text(
    'flow.policy.namespace',
    'namespace of the policy to look at, where they deny it',
    ({ judgement }) => judgement?.policy?.namespaceName,
  ),
  text('flow.policy.name', 'its name', ({ judgement }) => judgement?.policy?.name),
  text('flow.policy.why', 'the same in a sentence', ({ judgement }) => judgement?.why),
  text(
    'flow.finding',
    'failed and denied, dropped though allowed, or answered though denied',
    ({ finding }) => finding,
    POLICY_FINDINGS,
  ),
];

/** Each once, commas between; undefined where nobody says so. */
function toSources({ evidence }: Connection): string | undefined {
  if (evidence.length === 0) return undefined;
  return [...new Set(evidence.map(({ source }) => source))].join(',');
}
