import type { EndKind, NamedEnd } from '../../model/named-end.ts';
import { encodeLabelValue } from '../exposition-text.ts';

/** One end of a pair as its labels tell it, each value escaped. */
export interface CountedEnd {
  readonly kind: EndKind;
  readonly namespace: string;
  /** Owner of a pod, name of a node or Service; empty for what is outside or unknown: each address would be one. */
  readonly workload: string;
  /** Empty where the end is no pod. */
  readonly pod: string;
  /** What tells one pod from another of the same name; undefined where the end is no pod. */
  readonly podId: string | undefined;
}

/** A pod by its name and, where known, its UID. */
export type NamedPod = Pick<NamedEnd, 'namespaceName' | 'podName' | 'podUid'>;

/** Identity of a pod: its UID where one is known, else its name. */
export function toPodId({ podUid, namespaceName, podName }: NamedPod): string {
  return podUid ?? `${namespaceName}/${podName}`;
}

/** @param namespaceName of the Service that led to an end which has no namespace itself */
export function toCountedEnd(end: NamedEnd, namespaceName = ''): CountedEnd {
  const isPod = end.kind === 'pod';
  return {
    kind: end.kind,
    namespace: encodeLabelValue(end.namespaceName ?? namespaceName),
    workload: encodeLabelValue(toWorkload(end)),
    pod: isPod ? encodeLabelValue(end.podName ?? '') : '',
    podId: isPod ? toPodId(end) : undefined,
  };
}

function toWorkload(end: NamedEnd): string {
  switch (end.kind) {
    case 'pod':
      return end.workloadName ?? end.podName ?? '';
    case 'service':
      return end.serviceName ?? '';
    case 'node':
    case 'ambiguous':
      return end.nodeName ?? '';
    case 'external':
    case 'unknown':
      return '';
  }
}
