import { SEEN, SIDE, SIDE_BYTES, VALUE_BYTES } from '../../model/flow-delta.ts';
import { FlowMap } from './flow-map.ts';
import { NO_ENTRY } from './key-table.ts';

/** What must outlive a drain so that retransmissions and round trips are told across it. */
const CARRIED_WORDS = [SIDE.nextSequence, SIDE.awaitedAck, SIDE.awaitedSinceKns, SIDE.ackDelayKns].map((at) => at / 4);

/**
 * Flows of one address family in two generations: `active` takes this interval's counts, the previous one holds what
 * was handed over last and is asked once for each flow and interval for what it carries over.
 */
export class FlowGenerations {
  #active: FlowMap;
  #previous: FlowMap;

  constructor(family: 'ipv4' | 'ipv6', maxFlows: number) {
    this.#active = new FlowMap(family, maxFlows);
    this.#previous = new FlowMap(family, maxFlows);
  }

  get active(): FlowMap {
    return this.#active;
  }

  /** Entry of a key in the active map; NO_ENTRY when that is full. */
  resolve(key: Uint32Array): number {
    const map = this.#active;
    const before = map.count;
    const entry = map.findOrInsert(key);
    if (map.count !== before && this.#previous.count > 0) this.#carryOver(key, entry);
    return entry;
  }

  /** Makes an empty map active; returns the one that was, valid until the next swap. */
  swap(): FlowMap {
    const drained = this.#active;
    this.#active = this.#previous;
    this.#active.clear();
    this.#previous = drained;
    return drained;
  }

  #carryOver(key: Uint32Array, entry: number): void {
    const old = this.#previous.find(key);
    if (old === NO_ENTRY) return;
    for (let side = 0; side < 2; side++) this.#carrySide(old, entry, side * SIDE_BYTES);
  }

  #carrySide(old: number, entry: number, sideAt: number): void {
    const from = old * VALUE_BYTES + sideAt;
    const to = entry * VALUE_BYTES + sideAt;
    const { words, bytes } = this.#active;
    for (const word of CARRIED_WORDS) words[to / 4 + word] = this.#previous.words[from / 4 + word] as number;
    bytes[to + SIDE.seen] = (this.#previous.bytes[from + SIDE.seen] as number) & SEEN.sequence;
    bytes[to + SIDE.sampleTick] = this.#previous.bytes[from + SIDE.sampleTick] as number;
  }
}
