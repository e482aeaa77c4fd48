import type { KubernetesKind, KubernetesKindCounters, WatchEnd } from '../../model/kubernetes-counters.ts';
import type { WatchEvent } from './parse-watch-event.ts';

/** Bookkeeping of one kind. Times are of the monotonic clock, in milliseconds. */
export class KindTally {
  readonly kind: KubernetesKind;
  isListed = false;
  isWatching = false;
  isPermitted = true;
  #objects = 0;
  #lists = 0;
  #newestMs: number | undefined;
  readonly #events: Record<string, number> = { ADDED: 0, MODIFIED: 0, DELETED: 0, BOOKMARK: 0, ERROR: 0 };
  readonly #watchEnds: Record<WatchEnd, number> = { closed: 0, gone: 0, failed: 0, garbled: 0 };

  constructor(kind: KubernetesKind) {
    this.kind = kind;
  }

  /** Of the newest event, bookmark or list; undefined before the first. */
  get newestMs(): number | undefined {
    return this.#newestMs;
  }

  list(objects: number): void {
    this.isListed = true;
    this.#objects = objects;
    this.#lists++;
    this.#newestMs = performance.now();
  }

  event(type: WatchEvent['type']): void {
    this.#events[type] = (this.#events[type] ?? 0) + 1;
    if (type === 'ADDED') this.#objects++;
    else if (type === 'DELETED') this.#objects = Math.max(0, this.#objects - 1);
    if (type !== 'ERROR') this.#newestMs = performance.now();
  }

  watchEnd(end: WatchEnd): void {
    this.#watchEnds[end]++;
  }

  counters(): KubernetesKindCounters {
    return {
      kind: this.kind,
      isListed: this.isListed,
      isWatching: this.isWatching,
      isPermitted: this.isPermitted,
      objects: this.#objects,
      events: { ...this.#events },
      lists: this.#lists,
      watchEnds: { ...this.#watchEnds },
      newestEventAgeMs: this.#newestMs === undefined ? undefined : performance.now() - this.#newestMs,
    };
  }
}
