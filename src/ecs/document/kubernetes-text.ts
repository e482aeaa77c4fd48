import type { NamedEnd } from '../../model/named-end.ts';
import { joinMembers, toObjectMember, toTextMembers } from './json-members.ts';
import { toJsonText } from './json-text.ts';

/** Workload kinds that have a field of their own, as Beats name them. */
const KIND_FIELDS: Readonly<Record<string, string>> = {
  Deployment: 'deployment',
  StatefulSet: 'statefulset',
  DaemonSet: 'daemonset',
  ReplicaSet: 'replicaset',
  Job: 'job',
  CronJob: 'cronjob',
};

/** `kubernetes` of an end, as members, without its Service: the fields of Beats, and `workload`. */
export function toKubernetesMembers(end: NamedEnd): string {
  const kindField = Object.hasOwn(KIND_FIELDS, end.workloadKind ?? '')
    ? KIND_FIELDS[end.workloadKind ?? '']
    : undefined;
  return joinMembers(
    toTextMembers({ namespace: end.namespaceName }),
    toObjectMember('pod', toTextMembers({ name: end.podName, uid: end.podUid })),
    toObjectMember('node', toTextMembers({ name: end.nodeName })),
    toObjectMember('workload', toTextMembers({ kind: end.workloadKind, name: end.workloadName })),
    kindField === undefined ? '' : toObjectMember(kindField, toTextMembers({ name: end.workloadName })),
    toObjectMember('container', toTextMembers({ name: end.containerName })),
    toObjectMember('labels', toLabelMembers(end.labels ?? {})),
  );
}

/**
 * A flattened field refuses the whole document over an empty key or U+0000 in a key, and JSON over a key told twice
 * (of which only the surrogates without their other halves differed): such labels are left out.
 */
function toLabelMembers(labels: Readonly<Record<string, string>>): string {
  const fit = Object.entries(labels).filter(([key]) => key !== '' && !key.includes('\0'));
  const members = new Map(fit.map(([key, value]) => [toJsonText(key), toJsonText(value.replaceAll('\0', ''))]));
  return Array.from(members, ([key, value]) => `${key}:${value}`).join(',');
}
