import type { ApiRequest } from './api-request.ts';
import type { ApiStore, StoredObject } from './api-store.ts';
import { toJson } from './watch-session.ts';

interface Snapshot {
  readonly revision: number;
  readonly objects: readonly StoredObject[];
}

/** Lists of a store, in pages that all show the state of their first. */
export class ListPages {
  readonly #store: ApiStore;
  readonly #snapshots = new Map<string, Snapshot>();
  #lists = 0;

  constructor(store: ApiStore) {
    this.#store = store;
  }

  /** The continue tokens given out so far are of no more use. */
  expire(): void {
    this.#snapshots.clear();
  }

  /** The body of one page; undefined where the continue token has expired. */
  read(request: ApiRequest): string | undefined {
    const { query, kind } = request;
    const [id = '', from = '0'] = (query.get('continue') ?? `${++this.#lists}:0`).split(':');
    const isFirst = !query.has('continue');
    const current = { revision: this.#store.revision, objects: this.#store.list(kind) };
    const snapshot = isFirst ? current : this.#snapshots.get(id);
    if (snapshot === undefined) return undefined;
    // A real server answers `resourceVersion=0` from its cache, which knows no pages.
    const limit = query.get('resourceVersion') === '0' ? 0 : Number(query.get('limit') ?? 0);
    const to = limit === 0 ? snapshot.objects.length : Math.min(snapshot.objects.length, Number(from) + limit);
    const items = snapshot.objects.slice(Number(from), to).map((object) => toJson(object, request));
    const isLast = to === snapshot.objects.length;
    if (isLast) this.#snapshots.delete(id);
    else this.#snapshots.set(id, snapshot);
    const metadata = isLast
      ? { resourceVersion: String(snapshot.revision) }
      : {
          resourceVersion: String(snapshot.revision),
          continue: `${id}:${to}`,
          remainingItemCount: snapshot.objects.length - to,
        };
    const list = request.isMetadataOnly ? 'PartialObjectMetadataList' : `${kind}List`;
    return `{"kind":"${list}","apiVersion":"v1","metadata":${JSON.stringify(metadata)},"items":[${items.join(',')}]}\n`;
  }
}
