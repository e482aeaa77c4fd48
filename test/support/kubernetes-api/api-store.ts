import type { KubernetesKind } from '../../../src/model/kubernetes-counters.ts';
import { KUBERNETES_KINDS } from '../../../src/model/kubernetes-counters.ts';

/** An object as the API server keeps it. */
export interface StoredObject {
  readonly key: string;
  readonly revision: number;
  /** The object as JSON text, its resource version in it. */
  toJson(): string;
}

export interface StoreEvent {
  readonly type: 'ADDED' | 'MODIFIED' | 'DELETED';
  readonly revision: number;
  readonly object: StoredObject;
}

export interface ApiObject {
  readonly metadata: { readonly name: string; readonly namespace?: string; readonly [field: string]: unknown };
  readonly [field: string]: unknown;
}

/** Writes the JSON text of an object at a revision. */
export type Render = (revision: number) => string;

/** What a Kubernetes cluster holds, revision by revision, and what happened since the last compaction: the truth. */
export class ApiStore {
  revision = 1_000;
  compacted = 0;
  readonly #objects = new Map<KubernetesKind, Map<string, StoredObject>>();
  readonly #events = new Map<KubernetesKind, StoreEvent[]>();
  readonly #listeners = new Map<KubernetesKind, Set<(event: StoreEvent) => void>>();

  constructor() {
    for (const kind of KUBERNETES_KINDS) this.#objects.set(kind, new Map());
    for (const kind of KUBERNETES_KINDS) this.#events.set(kind, []);
    for (const kind of KUBERNETES_KINDS) this.#listeners.set(kind, new Set());
  }

  /** Creates or replaces an object; returns its key. */
  put(kind: KubernetesKind, object: ApiObject): string {
    const { metadata, ...rest } = object;
    const key = toKey(object);
    const uid = `uid-${kind}-${key}`;
    this.putRendered(kind, key, (revision) =>
      JSON.stringify({ metadata: { uid, ...metadata, resourceVersion: String(revision) }, ...rest }),
    );
    return key;
  }

  /** The same for an object whose text is made when it is wanted: many of them take little memory. */
  putRendered(kind: KubernetesKind, key: string, render: Render): void {
    const type = this.#of(this.#objects, kind).has(key) ? 'MODIFIED' : 'ADDED';
    this.#happen(kind, type, key, render);
  }

  remove(kind: KubernetesKind, key: string): void {
    const object = this.#of(this.#objects, kind).get(key);
    if (object === undefined) return;
    const { metadata, ...rest } = JSON.parse(object.toJson()) as ApiObject;
    this.#happen(kind, 'DELETED', key, (revision) =>
      JSON.stringify({ metadata: { ...metadata, resourceVersion: String(revision) }, ...rest }),
    );
  }

  keys(kind: KubernetesKind): string[] {
    return [...this.#of(this.#objects, kind).keys()];
  }

  /** The objects of a kind as they are now. */
  list(kind: KubernetesKind): StoredObject[] {
    return [...this.#of(this.#objects, kind).values()];
  }

  eventsAfter(kind: KubernetesKind, revision: number): StoreEvent[] {
    return this.#of(this.#events, kind).filter((event) => event.revision > revision);
  }

  /** Calls `listener` with all events to come until the returned function is called. */
  listen(kind: KubernetesKind, listener: (event: StoreEvent) => void): () => void {
    this.#of(this.#listeners, kind).add(listener);
    return () => void this.#of(this.#listeners, kind).delete(listener);
  }

  /** Forgets what happened: no watch can go on from before. */
  compact(): void {
    this.compacted = ++this.revision;
    for (const events of this.#events.values()) events.length = 0;
  }

  /** Goes back to revision 1, as after a restore of etcd from a backup; the objects in `keep` were in it. */
  restore(keep: (kind: KubernetesKind, key: string) => boolean): void {
    this.revision = 1;
    this.compacted = 0;
    for (const events of this.#events.values()) events.length = 0;
    for (const [kind, objects] of this.#objects) {
      for (const [key, object] of objects) {
        const { metadata, ...rest } = JSON.parse(object.toJson()) as ApiObject;
        const json = JSON.stringify({ metadata: { ...metadata, resourceVersion: '1' }, ...rest });
        if (keep(kind, key)) objects.set(key, { key, revision: 1, toJson: () => json });
        else objects.delete(key);
      }
    }
  }

  #happen(kind: KubernetesKind, type: StoreEvent['type'], key: string, render: Render): void {
    const revision = ++this.revision;
    const object = { key, revision, toJson: () => render(revision) };
    if (type === 'DELETED') this.#of(this.#objects, kind).delete(key);
    else this.#of(this.#objects, kind).set(key, object);
    const event = { type, revision, object };
    this.#of(this.#events, kind).push(event);
    for (const listener of this.#of(this.#listeners, kind)) listener(event);
  }

  #of<Value>(byKind: ReadonlyMap<KubernetesKind, Value>, kind: KubernetesKind): Value {
    const value = byKind.get(kind);
    if (value === undefined) throw new Error(`no kind ${kind}`);
    return value;
  }
}

/** NAMESPACE/NAME, or NAME for what is in no namespace. */
export function toKey({ metadata: { namespace, name } }: ApiObject): string {
  return namespace === undefined ? name : `${namespace}/${name}`;
}
