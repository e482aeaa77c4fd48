import { chooseClaim, isContested } from './choose-claim.ts';
import { Claim, isOfPort, type HasPort } from './claim.ts';

export interface ClaimLimits {
  /** How long an ended claim is remembered, so that records that come late still find it. */
  readonly graceMs: number;
  /** How far a record's time may be from a claim that nobody disputes: clocks differ. */
  readonly toleranceMs: number;
  /** Most ended claims that are remembered; the one that ended first goes first. */
  readonly maxEndedClaims: number;
}

/** Who had which address (or port) when. */
export class ClaimIndex<Holder> {
  readonly #limits: ClaimLimits;
  readonly #hasPort: HasPort<Holder>;
  readonly #onForgotten: (holder: Holder) => void;
  readonly #newest = new Map<string | number, Claim<Holder>>();
  /** In the order in which their ends were told. */
  readonly #ended = new Set<Claim<Holder>>();
  #size = 0;

  /**
   * @param hasPort tells which claims are to a port
   * @param onForgotten told of each claim that is no longer remembered
   */
  constructor(
    limits: ClaimLimits,
    hasPort: HasPort<Holder> = isOfPort,
    onForgotten: (holder: Holder) => void = () => undefined,
  ) {
    this.#limits = limits;
    this.#hasPort = hasPort;
    this.#onForgotten = onForgotten;
  }

  /** Claims held, ended ones included. */
  get size(): number {
    return this.#size;
  }

  /** First of the chain of claims for a key, the newest. */
  newest(key: string | number): Claim<Holder> | undefined {
    return this.#newest.get(key);
  }

  /** The claim that answers for a key at a time; see `chooseClaim`. */
  find(key: string | number, portKey: number, timeMs: number): Claim<Holder> | undefined {
    const newest = this.#newest.get(key);
    return newest === undefined ? undefined : this.choose(newest, portKey, timeMs);
  }

  /** The same of a chain that is at hand. */
  choose(newest: Claim<Holder>, portKey: number, timeMs: number): Claim<Holder> | undefined {
    // Nearly every address has one claim.
    if (newest.older === undefined && newest.isHeldAt(timeMs))
      return this.#hasPort(newest, portKey) ? newest : undefined;
    return chooseClaim(newest, portKey, timeMs, this.#limits.toleranceMs, this.#hasPort);
  }

  /** Whether the claim chosen of a chain is not the only answer; see `isContested`. */
  isContested(
    newest: Claim<Holder>,
    chosen: Claim<Holder>,
    portKey: number,
    timeMs: number,
    isSame: (one: Holder, other: Holder) => boolean,
  ): boolean {
    return isContested(newest, chosen, portKey, timeMs, this.#hasPort, isSame);
  }

  open(holder: Holder, key: string | number, portKey: number, begunMs: number, startMs: number): Claim<Holder> {
    const claim = new Claim(holder, key, portKey, begunMs, startMs);
    claim.older = this.#newest.get(key);
    this.#newest.set(key, claim);
    this.#size++;
    return claim;
  }

  /** Ends a claim; one that would be forgotten at once is. */
  end(claim: Claim<Holder>, endMs: number, nowMs: number): void {
    claim.endMs = endMs;
    claim.begin(endMs, endMs);
    this.#ended.add(claim);
    this.sweep(nowMs);
  }

  /** Forgets the ended claims whose time is over. */
  sweep(nowMs: number): void {
    for (const claim of this.#ended) {
      if (nowMs - claim.endMs! < this.#limits.graceMs && this.#ended.size <= this.#limits.maxEndedClaims) return;
      this.#forget(claim);
    }
  }

  #forget(claim: Claim<Holder>): void {
    this.#ended.delete(claim);
    this.#size--;
    const newest = this.#newest.get(claim.key);
    if (newest !== claim) {
      let before = newest;
      while (before !== undefined && before.older !== claim) before = before.older;
      if (before !== undefined) before.older = claim.older;
    } else if (claim.older === undefined) this.#newest.delete(claim.key);
    else this.#newest.set(claim.key, claim.older);
    this.#onForgotten(claim.holder);
  }
}
