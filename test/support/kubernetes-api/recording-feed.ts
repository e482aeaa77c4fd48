import type { NameFeed, ObjectChange } from '../../../src/k8s/name-feed.ts';
import type { KubernetesKind } from '../../../src/model/kubernetes-counters.ts';
import { toKey, type ApiObject, type ApiStore } from './api-store.ts';

/** Keeps every object as it was told, by the plainest means, and notes calls that break the rules of `NameFeed`. */
export class RecordingFeed implements NameFeed {
  readonly objects = new Map<KubernetesKind, Map<string, ApiObject>>();
  readonly violations: string[] = [];
  readonly rounds = new Map<KubernetesKind, number>();
  readonly #named = new Map<KubernetesKind, Set<string>>();

  beginReplace(kind: KubernetesKind): void {
    this.#named.set(kind, new Set());
  }

  apply(kind: KubernetesKind, change: ObjectChange, object: unknown, nowMs: number): void {
    const { metadata } = object as ApiObject;
    if (typeof metadata?.name !== 'string') this.violations.push(`${kind} ${change} without a name`);
    if (Math.abs(nowMs - Date.now()) > 5_000) this.violations.push(`${kind} ${change} at ${nowMs}`);
    const key = toKey(object as ApiObject);
    const known = this.of(kind);
    if (change === 'DELETED') known.delete(key);
    else known.set(key, object as ApiObject);
    this.#named.get(kind)?.add(key);
  }

  endReplace(kind: KubernetesKind): void {
    const named = this.#named.get(kind);
    if (named === undefined) this.violations.push(`${kind} endReplace without beginReplace`);
    this.#named.delete(kind);
    this.rounds.set(kind, (this.rounds.get(kind) ?? 0) + 1);
    for (const key of this.of(kind).keys()) if (named?.has(key) === false) this.of(kind).delete(key);
  }

  of(kind: KubernetesKind): Map<string, ApiObject> {
    let known = this.objects.get(kind);
    if (known === undefined) this.objects.set(kind, (known = new Map()));
    return known;
  }

  /** `KIND KEY` of what the feed and the server's store do not agree on, with the resource versions of both. */
  differences(store: ApiStore, kinds: readonly KubernetesKind[]): string[] {
    return kinds.flatMap((kind) => {
      const known = this.of(kind);
      const truth = new Map(store.list(kind).map((object) => [object.key, object.revision]));
      const keys = new Set([...truth.keys(), ...known.keys()]);
      return [...keys].flatMap((key) => {
        const told = known.get(key)?.metadata['resourceVersion'];
        const stored = truth.get(key)?.toString();
        return told === stored ? [] : [`${kind} ${key}: told ${String(told)}, stored ${stored}`];
      });
    });
  }
}
