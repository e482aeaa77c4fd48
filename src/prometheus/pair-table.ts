import { toTransportName } from '../model/ip-protocol.ts';
import { CELLS_PER_PAIR } from './pair-cells.ts';
import { encodeLabels } from './exposition-text.ts';
import { PairPlaces } from './pair-places.ts';

/** The own pod's part in a flow, as a number. */
export const ROLE = { client: 0, server: 1, unknown: 2 } as const;
export const ROLE_NAMES = ['client', 'server', 'unknown'] as const;
export type RoleNumber = (typeof ROLE)[keyof typeof ROLE];

export interface PairTableOptions {
  /** Pairs with series of their own; what comes beyond counts into `peer="other"`. */
  readonly pairSeriesLimit: number;
  /** A pair without traffic for so long is removed. */
  readonly pairSeriesTtlMs: number;
}

/** What tells pairs apart. */
export interface PairKey {
  /** Address of the own pod, empty where there is one only. */
  readonly own: string;
  readonly peer: string;
  readonly role: RoleNumber;
  readonly protocol: number;
  readonly port: number | undefined;
}

const NO_PORT = 0x1_0000;
const OTHER = 'other';

/**
 * The pairs of a probe, each with a place for its counters.
 *
 * A pair is (own address, peer address, role, server port, protocol); the own address is empty for a probe, which looks
 * at one pod. Beyond `pairSeriesLimit` it counts into an overflow pair, one for
 * each role and protocol (768 at most, and as a rule four), so that sums over peers and ports stay right; overflow
 * pairs are never removed. A removed pair's values are not added to them: its series end as they stand, which
 * Prometheus takes as a target that went, while an addition would count the same traffic twice.
 */
export class PairTable {
  readonly places: PairPlaces;
  /** Index of a pair by own address, peer and code. */
  readonly #byOwn = new Map<string, Map<string, Map<number, number>>>();
  readonly #overflow = new Map<number, number>();
  readonly #owns: string[] = [];
  readonly #peers: string[] = [];
  readonly #codes: number[] = [];

  constructor({ pairSeriesLimit, pairSeriesTtlMs }: PairTableOptions) {
    this.places = new PairPlaces({
      cellsPerPair: CELLS_PER_PAIR,
      pairLimit: pairSeriesLimit,
      pairTtlMs: pairSeriesTtlMs,
      onRemove: (index) => this.#forget(index),
    });
  }

  /** Index of a pair, made at first sight. */
  resolve({ own, peer, role, protocol, port }: PairKey, nowMs: number): number {
    const code = (role << 25) | (protocol << 17) | (port ?? NO_PORT);
    const index = this.#byOwn.get(own)?.get(peer)?.get(code);
    if (index === undefined) return this.#add(own, peer, code, nowMs);
    this.places.touch(index, nowMs);
    return index;
  }

  #add(own: string, peer: string, code: number, nowMs: number): number {
    if (!this.places.hasRoom(nowMs)) return this.#overflowPair(code);
    const index = this.places.add(toLabels(own, peer, code, toPort(code)), toProtocol(code), nowMs);
    this.#owns[index] = own;
    this.#peers[index] = peer;
    this.#codes[index] = code;
    const peers = getOrMake(this.#byOwn, own, () => new Map<string, Map<number, number>>());
    getOrMake(peers, peer, () => new Map<number, number>()).set(code, index);
    return index;
  }

  #overflowPair(code: number): number {
    const labels = (): string => toLabels('', OTHER, code, OTHER);
    return getOrMake(this.#overflow, code >>> 17, () => this.places.addOverflow(labels(), toProtocol(code)));
  }

  #forget(index: number): void {
    const [own = '', peer = ''] = [this.#owns[index], this.#peers[index]];
    const peers = this.#byOwn.get(own);
    const codes = peers?.get(peer);
    codes?.delete(this.#codes[index] ?? 0);
    if (codes?.size === 0) peers?.delete(peer);
    if (peers?.size === 0) this.#byOwn.delete(own);
  }
}

function toLabels(own: string, peer: string, code: number, port: string): string {
  const role = ROLE_NAMES[(code >>> 25) as RoleNumber];
  const pod = own === '' ? {} : { pod_ip: own };
  return encodeLabels({ ...pod, peer, role, server_port: port, transport: toTransportName(toProtocol(code)) });
}

function toProtocol(code: number): number {
  return (code >>> 17) & 0xff;
}

function toPort(code: number): string {
  const port = code & 0x1_ffff;
  return port === NO_PORT ? '' : String(port);
}

function getOrMake<Key, Value>(map: Map<Key, Value>, key: Key, make: () => Value): Value {
  let value = map.get(key);
  if (value === undefined) map.set(key, (value = make()));
  return value;
}
