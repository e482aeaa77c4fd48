import type { NamedEnd } from '../model/named-end.ts';
import { MATCH, type Match } from './match.ts';

/** Whether both ends are one pod, by whichever of its addresses. */
export function isOwnPod(one: NamedEnd, other: NamedEnd): boolean {
  if (one.kind !== 'pod' || other.kind !== 'pod') return false;
  return one.podName === other.podName && one.namespaceName === other.namespaceName && one.podUid === other.podUid;
}

/**
 * Whether one end is a pod and the other its own node, whose traffic no policy can forbid. `ambiguous` is a node's
 * address; a hostNetwork pod may be taken for one.
 */
export function matchOwnNode(one: NamedEnd, other: NamedEnd): Match {
  const [pod, node] = isInPodNetwork(one) ? [one, other] : [other, one];
  if (!isInPodNetwork(pod) || isInPodNetwork(node)) return MATCH.no;
  if (node.kind !== 'node' && node.kind !== 'ambiguous' && node.kind !== 'pod') return MATCH.no;
  if (pod.nodeName === undefined || node.nodeName === undefined) return MATCH.maybe;
  if (pod.nodeName !== node.nodeName) return MATCH.no;
  return node.kind === 'pod' ? MATCH.maybe : MATCH.yes;
}

function isInPodNetwork({ kind, isHostNetwork }: NamedEnd): boolean {
  return kind === 'pod' && !isHostNetwork;
}
