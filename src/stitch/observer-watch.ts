import type { FlowRecord } from '../model/flow-record.ts';
import type { Resource } from '../model/resource.ts';

export interface ObserverWatchOptions {
  /** Length of the observers' report interval. */
  readonly intervalMs: number;
  /** What the clocks of two nodes may differ by. */
  readonly clockToleranceMs: number;
}

interface Observer {
  /** Start of the latest interval of which it has told of anything. */
  intervalStartMs: number;
}

/** What is known of the observer of one address. */
interface Watch {
  observer: Observer;
  /** Since when it has told of the address, without an interval in between that it did not. */
  sinceNs: number;
  /** Start of the latest interval of which it has told of it. */
  intervalStartMs: number;
}

/** An address of which nothing was told for so many intervals, or twice as many, is forgotten. */
const GENERATION_INTERVALS = 8;
/** Addresses noted in a generation; further ones are not: nothing is said of them. */
const GENERATION_ADDRESSES = 262_144;
const MOST_OBSERVERS = 65_536;

/**
 * Which addresses were looked at when, as the records of their observers tell: whether packets that an observer does not
 * tell of did not come, or nobody looked. That they did not come is certain only if its observer
 *
 * - told of the address in this interval or the one before, and since before the packets: a pod that has just started, an
 *   observer that was restarted (another `service.instance.id`) and a pod that says nothing at all make it uncertain;
 * - told of this interval already, of whichever address.
 *
 * Clocks differ, so the packets must lie so far from the edges of the interval that they are in it by either clock.
 */
export class ObserverWatch {
  readonly #intervalMs: number;
  readonly #toleranceNs: number;
  readonly #observers = new Map<string | Resource, Observer>();
  #young = new Map<string, Watch>();
  #old = new Map<string, Watch>();
  #turnMs = -Infinity;
  /** Records come by observer. */
  #lastResource: Resource | undefined;
  #lastObserver: Observer = { intervalStartMs: -Infinity };

  constructor({ intervalMs, clockToleranceMs }: ObserverWatchOptions) {
    this.#intervalMs = intervalMs;
    this.#toleranceNs = clockToleranceMs * 1e6;
  }

  /** Forgets what is old; to be called now and then. @param nowMs monotonic */
  turn(nowMs: number): void {
    if (nowMs < this.#turnMs) return;
    this.#turnMs = nowMs + GENERATION_INTERVALS * this.#intervalMs;
    this.#old = this.#young;
    this.#young = new Map();
  }

  /** The observer of this address tells of it. */
  tell(address: string, resource: Resource, intervalStartMs: number, startNs: number): void {
    const observer = resource === this.#lastResource ? this.#lastObserver : this.#meet(resource);
    if (intervalStartMs > observer.intervalStartMs) observer.intervalStartMs = intervalStartMs;
    const watch = this.#young.get(address) ?? this.#recall(address, observer, intervalStartMs, startNs);
    if (watch === undefined) return;
    if (watch.observer !== observer || intervalStartMs > watch.intervalStartMs + this.#intervalMs) {
      watch.observer = observer;
      watch.sinceNs = startNs;
      watch.intervalStartMs = intervalStartMs;
    } else if (intervalStartMs > watch.intervalStartMs) watch.intervalStartMs = intervalStartMs;
    else if (intervalStartMs === watch.intervalStartMs && startNs < watch.sinceNs) watch.sinceNs = startNs;
  }

  /** Whether the observer of this address would have told of these packets had they come, and has not by now. */
  isSilent(address: string, intervalStartMs: number, packets: FlowRecord): boolean {
    const watch = this.#young.get(address) ?? this.#old.get(address);
    if (watch === undefined || packets.packets === 0) return false;
    if (watch.intervalStartMs < intervalStartMs - this.#intervalMs || watch.observer.intervalStartMs < intervalStartMs)
      return false;
    const knownNs = watch.sinceNs + this.#toleranceNs;
    return [packets.startNs, packets.endNs].some((at) => at >= knownNs && this.isWithin(intervalStartMs, at));
  }

  /** Whether it was in this interval by every clock. */
  isWithin(intervalStartMs: number, timeNs: number): boolean {
    const startNs = intervalStartMs * 1e6;
    return timeNs >= startNs + this.#toleranceNs && timeNs <= startNs + this.#intervalMs * 1e6 - this.#toleranceNs;
  }

  #meet(resource: Resource): Observer {
    const key = resource.get('service.instance.id') ?? resource;
    let observer = this.#observers.get(key);
    if (observer === undefined) {
      if (this.#observers.size >= MOST_OBSERVERS) this.#observers.clear();
      observer = { intervalStartMs: -Infinity };
      this.#observers.set(key, observer);
    }
    this.#lastResource = resource;
    this.#lastObserver = observer;
    return observer;
  }

  /** Undefined where there is no room. */
  #recall(address: string, observer: Observer, intervalStartMs: number, startNs: number): Watch | undefined {
    if (this.#young.size >= GENERATION_ADDRESSES) return undefined;
    const watch = this.#old.get(address) ?? { observer, sinceNs: startNs, intervalStartMs };
    this.#young.set(address, watch);
    return watch;
  }
}
