export interface PairPlacesOptions {
  readonly cellsPerPair: number;
  /** Pairs with series of their own; what comes beyond is the caller's to count into an overflow pair. */
  readonly pairLimit: number;
  /** A pair without traffic for so long is removed. */
  readonly pairTtlMs: number;
  /** Told of each pair that is removed, before its place is free. */
  readonly onRemove: (index: number) => void;
}

const FIRST_CAPACITY = 64;

/**
 * Room for the counters of pairs: a place is a run of `cellsPerPair` doubles, and the pair's labels. At most `pairLimit`
 * pairs have one, beside overflow pairs, which are never removed.
 */
export class PairPlaces {
  /** Cells of pair `i` begin at `i × cellsPerPair`. Replaced when there are more pairs than ever before. */
  cells: Float64Array;
  /** Label text of pair `i`, undefined where the place is free. */
  readonly labels: (string | undefined)[] = [];
  readonly cellsPerPair: number;

  readonly #options: PairPlacesOptions;
  readonly #free: number[] = [];
  #protocols = new Uint8Array(FIRST_CAPACITY);
  /** By cell: whether it has been read out. */
  #isShown: Uint8Array;
  #lastSeenMs = new Float64Array(FIRST_CAPACITY);
  #pairCount = 0;
  #expiredPairs = 0;
  #removals = 0;
  #nextExpiryMs = 0;
  #readers = 0;

  constructor(options: PairPlacesOptions) {
    this.#options = options;
    this.cellsPerPair = options.cellsPerPair;
    this.cells = new Float64Array(FIRST_CAPACITY * options.cellsPerPair);
    this.#isShown = new Uint8Array(this.cells.length);
  }

  /** Pairs that have series of their own. */
  get pairCount(): number {
    return this.#pairCount;
  }

  /** Pairs removed because they had no traffic. */
  get expiredPairs(): number {
    return this.#expiredPairs;
  }

  /** Changes whenever pairs were removed: a place that was looked up before may be another pair's since. */
  get removals(): number {
    return this.#removals;
  }

  /** Protocol number of pair `index`. */
  protocolNumber(index: number): number {
    return this.#protocols[index] ?? 0;
  }

  /** Whether pair `index` is one of those that take what is beyond the limit. */
  isOverflow(index: number): boolean {
    return this.#lastSeenMs[index] === Infinity;
  }

  /** A cell that is to stand at 0 the first time that it is read out, whatever it has counted by then. */
  readFromZero(cell: number): number {
    if (this.#isShown[cell] === 1) return this.cells[cell] ?? 0;
    this.#isShown[cell] = 1;
    return 0;
  }

  /** Says that pair `index` has traffic now; not for overflow pairs. */
  touch(index: number, nowMs: number): void {
    this.#lastSeenMs[index] = nowMs;
  }

  /** Whether there is a place for one more pair; a full table is searched for idle ones, at most 100 times in the TTL. */
  hasRoom(nowMs: number): boolean {
    const { pairLimit, pairTtlMs } = this.#options;
    if (this.#pairCount >= pairLimit && nowMs >= this.#nextExpiryMs) {
      this.#nextExpiryMs = nowMs + pairTtlMs / 100;
      this.expire(nowMs);
    }
    return this.#pairCount < pairLimit;
  }

  /** Index of a new pair, all of its cells 0. */
  add(labels: string, protocol: number, nowMs: number): number {
    this.#pairCount++;
    return this.#place(labels, protocol, nowMs);
  }

  /** Index of a new pair that takes what is beyond the limit. */
  addOverflow(labels: string, protocol: number): number {
    return this.#place(labels, protocol, Infinity);
  }

  /** Makes a pair one that takes what is beyond the limit. */
  turnIntoOverflow(index: number): void {
    if (this.isOverflow(index)) return;
    this.#lastSeenMs[index] = Infinity;
    this.#pairCount--;
  }

  /**
   * Removes pairs without traffic. Nothing is removed while the places are being read out, so that a pair which goes
   * and returns never stands twice in one exposition.
   */
  expire(nowMs: number): void {
    const { pairTtlMs } = this.#options;
    this.#expiredPairs += this.removeWhere((index) => (this.#lastSeenMs[index] ?? 0) <= nowMs - pairTtlMs);
  }

  /** Removes all pairs of which that is true but overflow pairs; tells how many. None while the places are read out. */
  removeWhere(isGone: (index: number) => boolean): number {
    if (this.#readers > 0) return 0;
    let removed = 0;
    for (let index = 0; index < this.labels.length; index++) {
      if (this.labels[index] === undefined || this.isOverflow(index) || !isGone(index)) continue;
      this.#remove(index);
      removed++;
    }
    this.#removals += removed;
    return removed;
  }

  /** Whether a read-out is under way. */
  get isBeingRead(): boolean {
    return this.#readers > 0;
  }

  /** To be called around a read-out that lets the event loop turn; removal waits for its end. */
  beginRead(): () => void {
    this.#readers++;
    return () => {
      this.#readers--;
    };
  }

  #place(labels: string, protocol: number, lastSeenMs: number): number {
    const index = this.#free.pop() ?? this.labels.length;
    if (index >= this.#protocols.length) this.#grow();
    this.labels[index] = labels;
    this.#protocols[index] = protocol;
    this.#lastSeenMs[index] = lastSeenMs;
    return index;
  }

  #remove(index: number): void {
    this.#options.onRemove(index);
    this.labels[index] = undefined;
    this.cells.fill(0, index * this.cellsPerPair, (index + 1) * this.cellsPerPair);
    this.#isShown.fill(0, index * this.cellsPerPair, (index + 1) * this.cellsPerPair);
    this.#free.push(index);
    this.#pairCount--;
  }

  #grow(): void {
    const capacity = this.#protocols.length * 2;
    this.cells = copyInto(new Float64Array(capacity * this.cellsPerPair), this.cells);
    this.#isShown = copyInto(new Uint8Array(capacity * this.cellsPerPair), this.#isShown);
    this.#lastSeenMs = copyInto(new Float64Array(capacity), this.#lastSeenMs);
    this.#protocols = copyInto(new Uint8Array(capacity), this.#protocols);
  }
}

function copyInto<T extends Float64Array | Uint8Array>(larger: T, smaller: T): T {
  larger.set(smaller);
  return larger;
}
