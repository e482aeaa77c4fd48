/** The kinds of objects that are watched. */
export const KUBERNETES_KINDS = [
  'Pod',
  'Service',
  'EndpointSlice',
  'Node',
  'Namespace',
  'NetworkPolicy',
  'PolicyEndpoint',
  'ReplicaSet',
  'Job',
] as const;
export type KubernetesKind = (typeof KUBERNETES_KINDS)[number];

/** Why a watch ended: normally (server's time limit), 410 Gone, an error, an answer that cannot be read. */
export type WatchEnd = 'closed' | 'gone' | 'failed' | 'garbled';

/** State of one watched kind. */
export interface KubernetesKindCounters {
  readonly kind: KubernetesKind;
  /** Whether its first list is in. */
  readonly isListed: boolean;
  /** Whether a watch is open now. */
  readonly isWatching: boolean;
  /** False while the API server refuses to list or watch it (403), or does not know it (404). */
  readonly isPermitted: boolean;
  readonly objects: number;
  /** Events since start by type (ADDED, MODIFIED, DELETED, BOOKMARK, ERROR). */
  readonly events: Readonly<Record<string, number>>;
  readonly lists: number;
  readonly watchEnds: Readonly<Record<WatchEnd, number>>;
  /** Milliseconds since the newest event, bookmark or list; undefined before the first one. */
  readonly newestEventAgeMs: number | undefined;
}

/** What the index of names holds and answered since start. */
export interface NameIndexCounters {
  /** Pod address intervals held, ended ones included. */
  readonly addressIntervals: number;
  readonly services: number;
  readonly nodes: number;
  /** Objects that could not be used, by kind. */
  readonly unusableObjects: Readonly<Record<KubernetesKind, number>>;
}
