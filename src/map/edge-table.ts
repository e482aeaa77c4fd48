import { Edge, toEdgeKey } from './edge.ts';
import type { Party } from './party.ts';

/** An IP protocol is one byte. */
const PROTOCOLS = 0x100;

/**
 * The edges of the map, bounded: at most `limit` between single pods or addresses and as many between workloads; a pair
 * without room counts as the pair of its workloads, and where that finds none, from `other` to `other`.
 */
export class EdgeTable {
  readonly #limit: number;
  readonly #other: Party;
  readonly #edges: (Edge | undefined)[] = [];
  readonly #freeIndexes: number[] = [];
  #singleCount = 0;
  #groupCount = 0;

  constructor(limit: number, other: Party) {
    this.#limit = limit;
    this.#other = other;
  }

  /** More edges than there can ever be. */
  get capacity(): number {
    return 2 * this.#limit + PROTOCOLS;
  }

  get size(): number {
    return this.#edges.length - this.#freeIndexes.length;
  }

  resolve(source: Party, destination: Party, protocolNumber: number): Edge {
    const known = source.edges.get(toEdgeKey(destination, protocolNumber));
    return known ?? this.#meet(source, destination, protocolNumber);
  }

  *values(): Generator<Edge, void, void> {
    for (const edge of this.#edges) if (edge !== undefined) yield edge;
  }

  /** Forgets the edges without connections since interval `oldest`; none is taken to be newer than `newest`. */
  expire(oldest: number, newest: number): void {
    for (const edge of this.values()) {
      edge.newestInterval = Math.min(edge.newestInterval, newest);
      if (edge.newestInterval < oldest) this.#remove(edge);
    }
  }

  #meet(source: Party, destination: Party, protocolNumber: number): Edge {
    const isOther = source === this.#other && destination === this.#other;
    if (isGrouped(source, destination)) {
      if (this.#groupCount >= this.#limit && !isOther) return this.resolve(this.#other, this.#other, protocolNumber);
      this.#groupCount++;
    } else {
      if (this.#singleCount >= this.#limit) return this.resolve(source.group, destination.group, protocolNumber);
      this.#singleCount++;
    }
    return this.#add(source, destination, protocolNumber);
  }

  #add(source: Party, destination: Party, protocolNumber: number): Edge {
    const index = this.#freeIndexes.pop() ?? this.#edges.length;
    const edge = new Edge(index, source, destination, protocolNumber);
    this.#edges[index] = edge;
    source.edges.set(toEdgeKey(destination, protocolNumber), edge);
    source.useCount++;
    destination.useCount++;
    return edge;
  }

  #remove(edge: Edge): void {
    const { source, destination, protocolNumber, index } = edge;
    source.edges.delete(toEdgeKey(destination, protocolNumber));
    source.useCount--;
    destination.useCount--;
    this.#edges[index] = undefined;
    this.#freeIndexes.push(index);
    if (isGrouped(source, destination)) this.#groupCount--;
    else this.#singleCount--;
  }
}

function isGrouped(source: Party, destination: Party): boolean {
  return source.group === source && destination.group === destination;
}
