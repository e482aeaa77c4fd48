import type { KubernetesKind } from '../model/kubernetes-counters.ts';

/** What happened to an object, as a watch says it. An object of a list is `ADDED`. */
export type ObjectChange = 'ADDED' | 'MODIFIED' | 'DELETED';

/**
 * Takes objects as the API server gives them: from lists, watches and files. Nothing here throws: what cannot be used is
 * counted by kind. Objects are trimmed at once and not kept.
 *
 * A list that takes the place of what is known is one round of `beginReplace`, `apply(…, 'ADDED', …)` for each object of
 * all its pages, `endReplace`. What the round did not name is gone with its end, not before: a round that is given up is
 * never ended, and the next `beginReplace` of the kind begins a new one. Watch events may come within a round.
 */
export interface NameFeed {
  beginReplace(kind: KubernetesKind): void;
  /**
   * @param object as JSON; a `PartialObjectMetadata` will do for ReplicaSet and Job. `kind` and `apiVersion` are not
   * looked at: items of a list have none.
   * @param nowMs milliseconds since the Unix epoch at which it was told
   */
  apply(kind: KubernetesKind, change: ObjectChange, object: unknown, nowMs: number): void;
  /** @param nowMs milliseconds since the Unix epoch; what was not named again ended by then */
  endReplace(kind: KubernetesKind, nowMs: number): void;
}
