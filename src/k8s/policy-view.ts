import type { NetworkPolicyFacts } from '../model/network-policy.ts';
import type { Claim } from './claim.ts';
import { RecentMap } from './recent-map.ts';

/** Moments of the past whose lists are kept: records come in the order of time, more or less. */
const MAX_PAST_LISTS = 16;

/** The policies of one namespace as of any time, while they do not change: the same list for the same policies. */
export class PolicyView {
  readonly #newest: Claim<NetworkPolicyFacts> | undefined;
  /** Times at which something changed, sorted. */
  readonly #changesMs: Float64Array;
  readonly #lists = new RecentMap<number, readonly NetworkPolicyFacts[]>(MAX_PAST_LISTS);
  #current: readonly NetworkPolicyFacts[] | undefined;

  /** @param newest first of the chain of the namespace's policies */
  constructor(newest: Claim<NetworkPolicyFacts> | undefined) {
    const timesMs: number[] = [];
    for (let claim = newest; claim !== undefined; claim = claim.older) {
      timesMs.push(claim.startMs);
      if (claim.endMs !== undefined) timesMs.push(claim.endMs);
    }
    this.#newest = newest;
    this.#changesMs = Float64Array.from(timesMs).toSorted();
  }

  /** In the order of their names. */
  at(timeMs: number): readonly NetworkPolicyFacts[] {
    const changesMs = this.#changesMs;
    const count = changesMs.length;
    if (count === 0 || timeMs >= changesMs[count - 1]!) return (this.#current ??= this.#collect(timeMs));
    const place = countUpTo(changesMs, timeMs);
    const known = this.#lists.get(place);
    if (known !== undefined) return known;
    const list = this.#collect(timeMs);
    this.#lists.set(place, list);
    return list;
  }

  #collect(timeMs: number): readonly NetworkPolicyFacts[] {
    const byName = new Map<string, NetworkPolicyFacts>();
    // Of two of a name the one told of last: the end of the other was told late.
    for (let claim = this.#newest; claim !== undefined; claim = claim.older)
      if (claim.isHeldAt(timeMs) && !byName.has(claim.holder.name)) byName.set(claim.holder.name, claim.holder);
    return [...byName.values()].toSorted((one, other) => (one.name < other.name ? -1 : 1));
  }
}

/** How many of the sorted times are not after `timeMs`. */
function countUpTo(sortedMs: Float64Array, timeMs: number): number {
  let low = 0;
  let high = sortedMs.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (sortedMs[middle]! <= timeMs) low = middle + 1;
    else high = middle;
  }
  return low;
}
