import type { Connection } from '../../model/connection.ts';
import type { NamedEnd, NamedService } from '../../model/named-end.ts';

/** Where a pair of ends is counted: an index in the table of each group of families. */
export interface PlacedPair {
  readonly service: NamedService | undefined;
  readonly protocol: number;
  readonly workloadIndex: number;
  readonly podIndex: number;
  /** The same ends with another Service or protocol. */
  readonly next: PlacedPair | undefined;
}

/** Pairs remembered, and their clients; with more in use at once, pairs are looked up by their names more often. */
const PAIR_LIMIT = 65_536;
const SOURCE_LIMIT = 16_384;
/** Services and protocols between the same two ends; more would make the walk longer than the lookup by names. */
const CHAIN_LIMIT = 8;

/** The places of pairs by the identity of their ends, which costs less than by their names. */
export class PlacedPairs {
  readonly #bySource = new Map<NamedEnd, Map<NamedEnd, PlacedPair>>();
  #size = 0;

  get(connection: Connection): PlacedPair | undefined {
    const { service } = connection;
    const protocol = connection.record.protocolNumber;
    let pair = this.#bySource.get(connection.source)?.get(connection.destination);
    while (pair !== undefined && (pair.service !== service || pair.protocol !== protocol)) pair = pair.next;
    return pair;
  }

  add(connection: Connection, workloadIndex: number, podIndex: number): PlacedPair {
    if (this.#size >= PAIR_LIMIT || this.#bySource.size >= SOURCE_LIMIT) this.clear();
    const { source, destination, service } = connection;
    let byDestination = this.#bySource.get(source);
    if (byDestination === undefined) this.#bySource.set(source, (byDestination = new Map<NamedEnd, PlacedPair>()));
    const first = byDestination.get(destination);
    const next = lengthOf(first) < CHAIN_LIMIT ? first : undefined;
    const pair = { service, protocol: connection.record.protocolNumber, workloadIndex, podIndex, next };
    byDestination.set(destination, pair);
    this.#size++;
    return pair;
  }

  clear(): void {
    this.#bySource.clear();
    this.#size = 0;
  }
}

function lengthOf(first: PlacedPair | undefined): number {
  let length = 0;
  for (let pair = first; pair !== undefined; pair = pair.next) length++;
  return length;
}
