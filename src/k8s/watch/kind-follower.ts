import { setTimeout as delay } from 'node:timers/promises';
import type { KubernetesKindCounters, WatchEnd } from '../../model/kubernetes-counters.ts';
import { Backoff } from './backoff.ts';
import type { FollowLog, Verb } from './follow-log.ts';
import { KindTally } from './kind-tally.ts';
import { ListRound, type Listed, type ListOptions } from './list-round.ts';
import type { WatchEvent } from './parse-watch-event.ts';
import { toWatchRequest } from './resource-request.ts';
import { toTrouble, type Trouble } from './trouble.ts';
import { watchKind, type WatchClosed } from './watch-kind.ts';
import type { WatchedResource } from './watched-resources.ts';
import type { WatchTiming } from './watch-timing.ts';

export interface FollowOptions extends Omit<ListOptions, 'idleMs'> {
  readonly timing: WatchTiming;
  readonly followLog: FollowLog;
  /** Gives numbers from 0 to below 1. */
  readonly random: () => number;
}

type Outcome = Listed | WatchClosed | Trouble;

/** A watch that ended sooner than this without an event was of no use (client-go's "very short watch"). */
const SHORT_WATCH_MS = 1_000;
/**
 * An API server that has just started denies everything until it has read its roles, for a second or two. What was
 * permitted before counts as denied only after so many denials in a row.
 */
const DENIALS_TO_BELIEVE = 4;

/** Keeps the feed up to date with one kind: a list, then watches from where it left off, a list again where that is lost. */
export class KindFollower {
  readonly resource: WatchedResource;
  readonly #options: FollowOptions;
  readonly #tally: KindTally;
  readonly #retry: Backoff;
  readonly #relist: Backoff;
  readonly #denied: Backoff;
  readonly #settled = Promise.withResolvers<void>();
  readonly #listed = Promise.withResolvers<void>();
  /** Where the next watch goes on; undefined: a list comes first. */
  #resourceVersion: string | undefined;
  /** The list that is under way. */
  #round: ListRound | undefined;
  #isRefused = false;
  #denials = 0;

  constructor(resource: WatchedResource, options: FollowOptions) {
    const { backoffBaseMs: baseMs, backoffMostMs: mostMs, relistCalmMs, deniedMostMs } = options.timing;
    this.resource = resource;
    this.#options = options;
    this.#tally = new KindTally(resource.kind);
    this.#retry = new Backoff({ baseMs, mostMs, calmMs: Infinity }, options.random);
    this.#relist = new Backoff({ baseMs, mostMs, calmMs: relistCalmMs }, options.random);
    this.#denied = new Backoff({ baseMs, mostMs: deniedMostMs, calmMs: Infinity }, options.random);
  }

  /** Resolves when the first list is in. */
  whenListed(): Promise<void> {
    return this.#listed.promise;
  }

  /** Resolves when the first list is in, or it is plain that it may not be had. */
  whenSettled(): Promise<void> {
    return this.#settled.promise;
  }

  get newestMs(): number | undefined {
    return this.#tally.newestMs;
  }

  counters(): KubernetesKindCounters {
    return this.#tally.counters();
  }

  /** Follows until `signal`; never rejects. */
  async run(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      const isListing = this.#resourceVersion === undefined;
      const outcome = isListing ? await this.#list(signal) : await this.#watch(this.#resourceVersion ?? '', signal);
      if (outcome.kind === 'expired' || outcome.kind === 'garbled') this.#round = this.#resourceVersion = undefined;
      if (outcome.kind === 'denied') this.#deny();
      this.#tell(isListing ? 'list' : 'watch', outcome);
      await pause(this.#resolvePauseMs(outcome), signal);
      this.#isRefused = outcome.kind === 'unauthorized';
    }
  }

  async #list(signal: AbortSignal): Promise<Listed | Trouble> {
    const { idleMs } = this.#options.timing;
    this.#round ??= new ListRound(this.resource, { ...this.#options, idleMs });
    const outcome = await this.#round.run(signal);
    if (outcome.kind !== 'listed') return outcome;
    this.#round = undefined;
    this.#resourceVersion = outcome.resourceVersion;
    this.#tally.list(outcome.objects);
    this.#retry.reset();
    this.#permit();
    this.#listed.resolve();
    this.#settled.resolve();
    return outcome;
  }

  async #watch(resourceVersion: string, signal: AbortSignal): Promise<WatchClosed | Trouble> {
    const { client, timing, random } = this.#options;
    const timeoutS = Math.ceil((timing.watchMs * (1 + random())) / 1000);
    const answer = await client.get(toWatchRequest(this.resource, resourceVersion, timeoutS), signal);
    if (answer.kind !== 'answer') return this.#endWatch(answer, false);
    const openedAtMs = performance.now();
    this.#tally.isWatching = true;
    this.#permit();
    const end = await watchKind(answer.response, timing.idleMs, (event) => this.#take(event));
    const isUseful = this.#resourceVersion !== resourceVersion || performance.now() - openedAtMs >= SHORT_WATCH_MS;
    return this.#endWatch(signal.aborted ? { kind: 'stopped' } : end, isUseful);
  }

  #take(event: WatchEvent): Trouble | undefined {
    this.#tally.event(event.type);
    if (event.type === 'ERROR') return toTrouble(toCode(event.status.code), event.status, undefined);
    if (event.type !== 'BOOKMARK') this.#options.feed.apply(this.resource.kind, event.type, event.object, Date.now());
    this.#resourceVersion = event.resourceVersion;
    return undefined;
  }

  #endWatch(end: WatchClosed | Trouble, isUseful: boolean): WatchClosed | Trouble {
    this.#tally.isWatching = false;
    if (isUseful) this.#retry.reset();
    const kind = toWatchEnd(end);
    if (kind !== undefined) this.#tally.watchEnd(kind);
    return end.kind === 'closed' && !isUseful ? { kind: 'interrupted', reason: 'the watch was closed at once' } : end;
  }

  #tell(verb: Verb, outcome: Outcome): void {
    // Refused once: credentials were rotated, and the new ones are tried next.
    const isExpected = outcome.kind === 'unauthorized' && !this.#isRefused;
    const isDoubted = outcome.kind === 'denied' && this.#tally.isPermitted;
    if (outcome.kind === 'listed' || outcome.kind === 'closed' || isExpected || isDoubted) return;
    this.#options.followLog.trouble(this.resource, verb, outcome);
  }

  #permit(): void {
    this.#denials = 0;
    this.#denied.reset();
    this.#tally.isPermitted = true;
    this.#options.followLog.followed(this.resource);
  }

  #deny(): void {
    this.#denials++;
    if (this.#tally.isListed && this.#denials < DENIALS_TO_BELIEVE) return;
    this.#tally.isPermitted = false;
    if (!this.resource.isRequired) this.#settled.resolve();
  }

  #resolvePauseMs(outcome: Outcome): number {
    const nowMs = performance.now();
    const { timing, random } = this.#options;
    switch (outcome.kind) {
      case 'listed':
      case 'closed':
      case 'stopped':
        return 0;
      case 'unauthorized':
        // New credentials are tried at once; if these are refused too, there is time.
        return this.#isRefused ? this.#retry.nextMs(nowMs) : 0;
      case 'denied':
        return this.#denied.nextMs(nowMs);
      case 'busy':
        // One that keeps sending podflow away is asked ever more seldom.
        return Math.max(outcome.retryAfterMs + timing.backoffBaseMs * random(), this.#retry.nextMs(nowMs));
      case 'expired':
      case 'garbled':
        return this.#relist.nextMs(nowMs);
      default:
        return this.#retry.nextMs(nowMs);
    }
  }
}

function toCode(code: unknown): number {
  return typeof code === 'number' ? code : 500;
}

/** Undefined for a watch that podflow itself ended. */
function toWatchEnd(end: WatchClosed | Trouble): WatchEnd | undefined {
  if (end.kind === 'stopped') return undefined;
  if (end.kind === 'expired') return 'gone';
  return end.kind === 'closed' || end.kind === 'garbled' ? end.kind : 'failed';
}

async function pause(ms: number, signal: AbortSignal): Promise<void> {
  if (ms > 0 && !signal.aborted) await delay(ms, undefined, { signal }).catch(() => undefined);
}
