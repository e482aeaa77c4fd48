import type { DirectionJudgement } from '../model/policy-judgement.ts';
import type { CompiledPeer } from './compile-policy.ts';
import type { DirectionQuestion } from './direction-question.ts';
import { joinWords, toEndWords, toPolicyWords } from './end-words.ts';
import { MATCH } from './match.ts';
import { matchPeers } from './match-rules.ts';
import { describeNearestPeer } from './nearest-peer.ts';
import { toPortWords, toProtocolWord, toTargetWords } from './port-words.ts';
import type { Selection } from './policy-set.ts';

/** One sentence on why a direction is not allowed: who selects the pod, and what no rule admits, or what is not known. */
export function tellWhy({ cause, verdict }: DirectionJudgement, question: DirectionQuestion): string {
  const { subject, direction, selection } = question;
  if (selection === undefined || subject.kind !== 'pod') return tellUnknownSubject(question);
  if (cause === 'policy_malformed') return tellMalformed(question, selection);
  const many = selection.names.length > 1;
  const selects = `${toPolicyWords(selection.names)} ${many ? 'select' : 'selects'} ${toEndWords(subject)} for ${direction}`;
  return verdict === 'denied'
    ? `${selects}; ${tellDenied(cause, question, selection, many)}`
    : `${selects}; ${tellUnknown(cause, question)}`;
}

function tellDenied(
  cause: DirectionJudgement['cause'],
  { direction, peer, target }: DirectionQuestion,
  { selecting }: Selection,
  many: boolean,
): string {
  if (cause === 'no_rules') return `${many ? 'they have' : 'it has'} no ${direction} rules`;
  if (cause === 'no_rule_for_port') {
    const rules = selecting.flatMap((each) => each.rules.map((rule) => ({ rule, of: each.policy.name.namespaceName })));
    const naming = rules.filter(({ rule, of }) => matchPeers(rule, peer, of) !== MATCH.no);
    const open = naming.flatMap(({ rule }) => rule.ports.map((port) => toPortWords(port, target)));
    return `${many ? 'their' : 'its'} rules open ${joinWords([...new Set(open)], 'and')}, not ${toTargetWords(target)}`;
  }
  const lacking = describeNearestPeer(selecting, peer, target);
  const what = `none of ${many ? 'their' : 'its'} rules admits ${toEndWords(peer.end)}`;
  return lacking === undefined ? what : `${what} (${lacking})`;
}

function tellUnknown(
  cause: DirectionJudgement['cause'],
  { subject, selection, peer, target }: DirectionQuestion,
): string {
  const { end, namespaceLabels } = peer;
  if (cause === 'protocol_not_covered')
    return `the API does not say what that means for ${toProtocolWord(target.protocolNumber)}`;
  if (cause === 'host_network') {
    const host = subject.isHostNetwork ? subject : end;
    return `the API leaves open what that means for ${toEndWords(host)}, which is in its node's network`;
  }
  if (end.kind === 'service') return `no backend of ${toEndWords(end)} is known`;
  if (end.kind === 'unknown') return `nothing is known of ${end.address}`;
  if (target.port === undefined) return 'the port is not known';
  const isAddressMissing = peer.bytes === undefined && hasBlocks(selection);
  const address = isAddressMissing ? [`the address of ${toEndWords(end)}`] : [];
  const isLabelMissing = end.kind === 'pod' && namespaceLabels === undefined;
  const labels = isLabelMissing ? [`the labels of namespace ${end.namespaceName ?? ''}`] : [];
  const missing = [...address, ...labels];
  if (missing.length > 0) return `${joinWords(missing, 'and')} ${isLabelMissing ? 'are' : 'is'} not known`;
  return `the node of ${toEndWords(subject)} is not known`;
}

function hasBlocks(selection: Selection | undefined): boolean {
  return selection?.selecting.some(({ rules }) => rules.some(({ peers }) => peers.some(isBlock))) === true;
}

function isBlock({ block }: CompiledPeer): boolean {
  return block !== undefined;
}

function tellMalformed({ subject, direction }: DirectionQuestion, { malformed }: Selection): string {
  return `${toPolicyWords(malformed)} could not be read in full and may be for ${direction} of ${toEndWords(subject)}`;
}

function tellUnknownSubject({ subject, direction }: DirectionQuestion): string {
  if (subject.kind === 'service')
    return `no backend of ${toEndWords(subject)} is known, nor what policies say of its ${direction}`;
  return subject.kind === 'ambiguous'
    ? `${toEndWords(subject)} is shared by pods in the node's network, for which the API leaves open what policies mean`
    : `nothing is known of ${subject.address}, nor which policies select it for ${direction}`;
}
