import { setTimeout as delay } from 'node:timers/promises';
import type { KubernetesKindCounters } from '../../model/kubernetes-counters.ts';
import type { Log } from '../../model/log.ts';
import type { Deadline } from '../../model/stage.ts';
import type { NameFeed } from '../name-feed.ts';
import { ApiClient } from './api-client.ts';
import { ClusterAccess } from './cluster-access.ts';
import { FollowLog } from './follow-log.ts';
import { KindFollower } from './kind-follower.ts';
import type { ClusterChoice } from './load-cluster-config.ts';
import { WATCHED_RESOURCES } from './watched-resources.ts';
import { DEFAULT_WATCH_TIMING, type WatchTiming } from './watch-timing.ts';

export interface KubernetesWatcherOptions extends ClusterChoice {
  /** Is told of every object; `KubernetesWatcher` keeps none. */
  readonly feed: NameFeed;
  readonly log: Log;
  /** Objects a page of a list at most, 1 to 500, default 250: parsing a page holds the event loop up. */
  readonly pageSize?: number;
  readonly timing?: Partial<WatchTiming>;
  /** Gives numbers from 0 to below 1; spreads what is repeated. */
  readonly random?: () => number;
}

const PAGE_SIZE = 250;

/**
 * Keeps a feed of names up to date with the API server: lists every kind of `WATCHED_RESOURCES`, then watches it, each
 * kind by itself. While the API server is away, or a kind is not permitted, it goes on with what is known and keeps
 * trying; `counters` and the log tell. Loads the Kubernetes client library: for the enrich role only.
 */
export class KubernetesWatcher {
  readonly #options: KubernetesWatcherOptions;
  readonly #timing: WatchTiming;
  readonly #access: ClusterAccess;
  readonly #followers: readonly KindFollower[];
  readonly #ending = new AbortController();
  readonly #listed = Promise.withResolvers<void>();
  #running: Promise<unknown> | undefined;
  #isListed = false;

  constructor(options: KubernetesWatcherOptions) {
    const { feed, log, pageSize = PAGE_SIZE, random = Math.random } = options;
    const timing = { ...DEFAULT_WATCH_TIMING, ...options.timing };
    const followLog = new FollowLog(log);
    this.#options = options;
    this.#timing = timing;
    this.#access = new ClusterAccess(options);
    const client = new ApiClient(this.#access, timing, () => followLog.answered());
    const shared = { client, feed, pageSize, timing, followLog, random };
    this.#followers = WATCHED_RESOURCES.map((resource) => new KindFollower(resource, shared));
  }

  /**
   * Resolves when the first lists are in (`whenListed`), however long the API server makes it wait, or when it is
   * stopped before. Rejects with KUBERNETES_CONFIG_INVALID where the configuration leads to no cluster.
   */
  async start(signal: AbortSignal): Promise<void> {
    this.#access.check();
    signal.addEventListener('abort', () => this.#end(), { once: true });
    if (signal.aborted) this.#end();
    this.#running ??= this.#run();
    await this.whenListed();
  }

  /**
   * Resolves when pods, services and nodes are listed and the other kinds too, unless these are not permitted or take
   * longer than `optionalGraceMs`; also when it is stopped before.
   */
  whenListed(): Promise<void> {
    return this.#listed.promise;
  }

  /** Whether the first lists are in, so that names can be told. It stays so. */
  get isListed(): boolean {
    return this.#isListed;
  }

  /** Milliseconds since the API server told anything: an event, a bookmark (about once a minute), a list. */
  get newestEventAgeMs(): number | undefined {
    const newestMs = Math.max(...this.#followers.map((follower) => follower.newestMs ?? -Infinity));
    return newestMs === -Infinity ? undefined : performance.now() - newestMs;
  }

  counters(): KubernetesKindCounters[] {
    return this.#followers.map((follower) => follower.counters());
  }

  /** Ends all requests. Safe twice. */
  async stop(deadline: Deadline): Promise<void> {
    this.#end();
    const timer = new AbortController();
    await Promise.race([this.#running, delay(deadline.remainingMs(), undefined, { signal: timer.signal })]);
    timer.abort();
    this.#access.close();
  }

  async #run(): Promise<void> {
    const { signal } = this.#ending;
    const running = Promise.all(this.#followers.map((follower) => follower.run(signal)));
    void this.#awaitLists();
    await running;
  }

  async #awaitLists(): Promise<void> {
    const required = this.#followers.filter(({ resource }) => resource.isRequired);
    await Promise.all(required.map((follower) => follower.whenListed()));
    const settled = Promise.all(this.#followers.map((follower) => follower.whenSettled()));
    const timer = new AbortController();
    await Promise.race([settled, delay(this.#timing.optionalGraceMs, undefined, { signal: timer.signal, ref: false })]);
    timer.abort();
    if (this.#ending.signal.aborted) return;
    this.#isListed = true;
    const objects = Object.fromEntries(this.counters().map((counters) => [counters.kind, counters.objects]));
    this.#options.log.info({ objects }, 'The Kubernetes objects are listed');
    this.#listed.resolve();
  }

  #end(): void {
    this.#ending.abort();
    this.#listed.resolve();
  }
}
