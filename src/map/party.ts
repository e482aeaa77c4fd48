import type { MapNodeKind } from '../model/map-snapshot.ts';
import type { NamedEnd } from '../model/named-end.ts';
import type { Edge } from './edge.ts';

/** One who talks: a pod, a Service, an address, or what several of these are counted as. */
export class Party {
  readonly id: string;
  readonly kind: MapNodeKind;
  /** A small number of its own among those that are kept; another's once it is gone. */
  readonly index: number;
  /** What it counts as at the level of workloads; itself where it is that already. */
  readonly group: Party;
  /** The newest end that was taken for it, where its facts come from. */
  end: NamedEnd | undefined;
  /** Its connections as client, by destination and transport. */
  readonly edges = new Map<number, Edge>();
  /** Edges that it is an end of, and parties that it is the group of: it is kept while there are any. */
  useCount = 0;

  constructor(id: string, kind: MapNodeKind, index: number, group?: Party) {
    this.id = id;
    this.kind = kind;
    this.index = index;
    this.group = group ?? this;
  }
}

/** What an end is called at the level of pods. */
export function toPartyId(end: NamedEnd): string {
  if (end.kind === 'pod') return `pod/${end.namespaceName ?? ''}/${end.podName ?? end.address}`;
  if (end.kind === 'service') return toGroupId(end);
  if (end.kind === 'node') return `node/${end.nodeName ?? end.address}`;
  return `${end.kind}/${end.address}`;
}

/** What it is called at the level of workloads: nodes, and addresses that are no pod's, are one party each kind. */
export function toGroupId(end: NamedEnd): string {
  const namespace = end.namespaceName ?? '';
  if (end.kind === 'service') return `service/${namespace}/${end.serviceName ?? end.address}`;
  if (end.kind !== 'pod') return end.kind;
  return `workload/${namespace}/${end.workloadKind ?? 'Pod'}/${end.workloadName ?? end.podName ?? end.address}`;
}
