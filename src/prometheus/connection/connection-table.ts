import { PairPlaces } from '../pair-places.ts';
import { toOverflowCode, toOverflowPair, type ConnectionPair } from './connection-pair.ts';

export interface ConnectionTableOptions {
  readonly cellsPerPair: number;
  readonly pairLimit: number;
  readonly pairTtlMs: number;
  /** Labels of a pair, by which pairs are told apart. */
  readonly toLabels: (pair: ConnectionPair) => string;
}

/**
 * The pairs of one group of families. Beyond the limit a pair counts into an overflow pair, one for each two kinds of
 * ends and protocol, which is never removed; what a removed pair counted is not added to it.
 */
export class ConnectionTable {
  readonly places: PairPlaces;
  readonly #toLabels: (pair: ConnectionPair) => string;
  readonly #byLabels = new Map<string, number>();
  readonly #overflow = new Map<number, number>();
  /** Ids of both ends' pods, by index. */
  readonly #sourcePods: (string | undefined)[] = [];
  readonly #destinationPods: (string | undefined)[] = [];
  #overflowRecords = 0;
  #forgottenPairs = 0;

  constructor({ toLabels, ...options }: ConnectionTableOptions) {
    this.#toLabels = toLabels;
    const onRemove = (index: number): void => {
      this.#byLabels.delete(this.places.labels[index] ?? '');
    };
    this.places = new PairPlaces({ ...options, onRemove });
  }

  /** Reports that counted into overflow pairs. */
  get overflowRecords(): number {
    return this.#overflowRecords;
  }

  /** Pairs removed because a pod of theirs is gone. */
  get forgottenPairs(): number {
    return this.#forgottenPairs;
  }

  /** Index of a pair, made at first sight. A pod may have taken the name of an earlier one: the pair is its own then. */
  resolve(pair: ConnectionPair, nowMs: number): number {
    const labels = this.#toLabels(pair);
    const index = this.#byLabels.get(labels) ?? this.#add(labels, pair, nowMs);
    if (!this.places.isOverflow(index)) {
      this.#sourcePods[index] = pair.source.podId;
      this.#destinationPods[index] = pair.destination.podId;
    }
    return index;
  }

  /** Says that a pair has traffic now; gives where its cells begin. */
  open(index: number, nowMs: number): number {
    if (this.places.isOverflow(index)) this.#overflowRecords++;
    else this.places.touch(index, nowMs);
    return index * this.places.cellsPerPair;
  }

  /** Removes the pairs of which an end is one of these pods. */
  forget(podIds: ReadonlySet<string>): void {
    const isGone = (podId: string | undefined): boolean => podId !== undefined && podIds.has(podId);
    this.#forgottenPairs += this.places.removeWhere(
      (index) => isGone(this.#sourcePods[index]) || isGone(this.#destinationPods[index]),
    );
  }

  #add(labels: string, pair: ConnectionPair, nowMs: number): number {
    if (!this.places.hasRoom(nowMs)) return this.#overflowPair(pair);
    const index = this.places.add(labels, pair.protocol, nowMs);
    this.#byLabels.set(labels, index);
    return index;
  }

  #overflowPair(pair: ConnectionPair): number {
    const code = toOverflowCode(pair);
    const known = this.#overflow.get(code);
    if (known !== undefined) return known;
    const labels = this.#toLabels(toOverflowPair(pair));
    // Whoever names everything `other` shares the series: two of the same labels would spoil the exposition.
    const index = this.#byLabels.get(labels) ?? this.places.addOverflow(labels, pair.protocol);
    this.places.turnIntoOverflow(index);
    this.#byLabels.set(labels, index);
    this.#overflow.set(code, index);
    return index;
  }
}
