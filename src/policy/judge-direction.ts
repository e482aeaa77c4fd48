import { IP_PROTOCOL } from '../model/ip-protocol.ts';
import type { DirectionJudgement, PolicyCause, PolicyName, PolicyVerdict } from '../model/policy-judgement.ts';
import type { DirectionQuestion } from './direction-question.ts';
import { MATCH } from './match.ts';
import { matchRules, type RuleMatch } from './match-rules.ts';
import { isOwnPod, matchOwnNode } from './own-traffic.ts';

/** Those that the API speaks of; it has no word on others. */
const COVERED: readonly number[] = [IP_PROTOCOL.tcp, IP_PROTOCOL.udp, IP_PROTOCOL.sctp];

const NO_NAMES: readonly PolicyName[] = [];

/** What the policies say of one end's part in a connection (networking.k8s.io/v1, NetworkPolicySpec). */
export function judgeDirection(question: DirectionQuestion): DirectionJudgement {
  const { direction, subject, peer, selection } = question;
  if (isOwnPod(subject, peer.end)) return toJudgement(question, 'allowed', 'own_pod');
  if (subject.kind === 'external' || subject.kind === 'node') return toJudgement(question, 'allowed', 'not_a_pod');
  if (matchOwnNode(subject, peer.end) === MATCH.yes) return toJudgement(question, 'allowed', 'own_node');
  if (subject.kind === 'ambiguous') return toJudgement(question, 'unknown', 'host_network');
  if (selection === undefined) return toJudgement(question, 'unknown', 'facts_missing');
  const { names, malformed } = selection;
  if (names.length === 0 && malformed.length === 0) return toJudgement(question, 'allowed', 'not_isolated');
  // A backend of a Service: some pod of its namespace, in which there are policies.
  if (subject.kind !== 'pod') return { ...toJudgement(question, 'unknown', 'facts_missing'), selecting: NO_NAMES };
  const judgement = judgePod(question, selection);
  const isOpen = subject.isHostNetwork && judgement.verdict !== 'allowed';
  return isOpen ? { ...judgement, direction, verdict: 'unknown', cause: 'host_network' } : judgement;
}

/** Policies select the pod, or might. */
function judgePod(question: DirectionQuestion, selection: NonNullable<DirectionQuestion['selection']>) {
  const { peer, target, subject } = question;
  if (selection.names.length === 0) return toJudgement(question, 'unknown', 'policy_malformed');
  if (!COVERED.includes(target.protocolNumber)) return toJudgement(question, 'unknown', 'protocol_not_covered');
  const found = matchRules(selection.selecting, peer, target);
  if (found.match === MATCH.yes) return toJudgement(question, 'allowed', found.cause, found.matched);
  if (isOpenForHost(question, found)) return toJudgement(question, 'unknown', 'host_network');
  if (found.match === MATCH.maybe) return toJudgement(question, 'unknown', 'facts_missing');
  if (matchOwnNode(subject, peer.end) === MATCH.maybe) return toJudgement(question, 'unknown', 'facts_missing');
  if (selection.malformed.length > 0) return toJudgement(question, 'unknown', 'policy_malformed');
  return toJudgement(question, 'denied', found.cause);
}

/** Whether it hangs on what the plugin takes a hostNetwork peer for. */
function isOpenForHost({ peer, subject }: DirectionQuestion, { match }: RuleMatch): boolean {
  const { kind, isHostNetwork } = peer.end;
  if (kind !== 'ambiguous' && !(kind === 'pod' && isHostNetwork)) return false;
  return match === MATCH.maybe || matchOwnNode(subject, peer.end) === MATCH.maybe;
}

function toJudgement(
  { direction, selection }: DirectionQuestion,
  verdict: PolicyVerdict,
  cause: PolicyCause,
  matched?: DirectionJudgement['matched'],
): DirectionJudgement {
  return { direction, verdict, cause, selecting: selection?.names ?? NO_NAMES, matched };
}
