import type { NamedEnd } from '../model/named-end.ts';
import { Party, toGroupId, toPartyId } from './party.ts';

/** Ends remembered with their party; all are forgotten when it is full, and found by name again. */
const END_LIMIT = 16_384;

/**
 * Who is known, bounded: at most `limit` pods, Services and addresses, a quarter of them addresses outside the cluster
 * (so that many clients from there leave room for pods), and as many workloads. Whoever finds no room counts as its
 * workload, and where that finds none, as `other`.
 */
export class PartyTable {
  readonly other: Party;
  readonly #limit: number;
  readonly #byEnd = new Map<NamedEnd, Party>();
  readonly #singles = new Map<string, Party>();
  readonly #groups = new Map<string, Party>();
  readonly #freeIndexes: number[] = [];
  #indexCount = 0;
  #outsideCount = 0;

  constructor(limit: number) {
    this.#limit = limit;
    this.other = new Party('other', 'other', this.#takeIndex());
  }

  get size(): number {
    return this.#singles.size + this.#groups.size;
  }

  resolve(end: NamedEnd): Party {
    return this.#byEnd.get(end) ?? this.#meet(end);
  }

  /** Forgets who has no edge any more. */
  expire(): void {
    const before = this.size;
    for (const party of this.#singles.values()) {
      if (party.useCount > 0) continue;
      this.#singles.delete(party.id);
      this.#freeIndexes.push(party.index);
      party.group.useCount--;
      if (party.kind !== 'pod') this.#outsideCount--;
    }
    for (const party of this.#groups.values()) {
      if (party.useCount > 0) continue;
      this.#groups.delete(party.id);
      this.#freeIndexes.push(party.index);
    }
    if (this.size < before) this.#byEnd.clear();
  }

  #meet(end: NamedEnd): Party {
    const party = this.#resolveSingle(end, this.#resolveGroup(end));
    if (party !== this.other) party.end = end;
    if (this.#byEnd.size >= END_LIMIT) this.#byEnd.clear();
    this.#byEnd.set(end, party);
    return party;
  }

  #resolveSingle(end: NamedEnd, group: Party): Party {
    const id = toPartyId(end);
    if (group === this.other || id === group.id) return group;
    const known = this.#singles.get(id);
    if (known !== undefined) return known;
    const isOutside = end.kind !== 'pod';
    if (this.#singles.size >= this.#limit || (isOutside && this.#outsideCount >= this.#limit / 4)) return group;
    const party = new Party(id, end.kind, this.#takeIndex(), group);
    this.#singles.set(id, party);
    group.useCount++;
    if (isOutside) this.#outsideCount++;
    return party;
  }

  #resolveGroup(end: NamedEnd): Party {
    const id = toGroupId(end);
    const known = this.#groups.get(id);
    if (known !== undefined) return known;
    if (this.#groups.size >= this.#limit) return this.other;
    const party = new Party(id, end.kind === 'pod' ? 'workload' : end.kind, this.#takeIndex());
    party.end = end;
    this.#groups.set(id, party);
    return party;
  }

  #takeIndex(): number {
    return this.#freeIndexes.pop() ?? this.#indexCount++;
  }
}
