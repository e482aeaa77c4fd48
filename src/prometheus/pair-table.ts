import { toTransportName } from '../model/ip-protocol.ts';
import { CELLS_PER_PAIR } from './pair-cells.ts';
import { encodeLabels } from './exposition-text.ts';

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
const FIRST_CAPACITY = 64;

/**
 * The pairs of a probe with their counters: a run of CELLS_PER_PAIR doubles each.
 *
 * A pair is (own address, peer address, role, server port, protocol); the own address is empty for a probe, which looks
 * at one pod. Beyond `pairSeriesLimit` it counts into an overflow pair, one for
 * each role and protocol (768 at most, and as a rule four), so that sums over peers and ports stay right; overflow
 * pairs are never removed. A removed pair's values are not added to them: its series end as they stand, which
 * Prometheus takes as a target that went, while an addition would count the same traffic twice.
 */
export class PairTable {
  /** Cells of pair `i` begin at `i × CELLS_PER_PAIR`. Replaced when the table grows. */
  cells = new Float64Array(FIRST_CAPACITY * CELLS_PER_PAIR);
  /** Label text of pair `i`, undefined where the place is free. */
  readonly labels: (string | undefined)[] = [];
  expiredPairs = 0;

  readonly #options: PairTableOptions;
  /** Index of a pair by own address, peer and code. */
  readonly #byOwn = new Map<string, Map<string, Map<number, number>>>();
  readonly #overflow = new Map<number, number>();
  readonly #owns: string[] = [];
  readonly #peers: string[] = [];
  readonly #free: number[] = [];
  #codes = new Int32Array(FIRST_CAPACITY);
  #lastSeenMs = new Float64Array(FIRST_CAPACITY);
  #pairCount = 0;
  #nextExpiryMs = 0;
  #readers = 0;

  constructor(options: PairTableOptions) {
    this.#options = options;
  }

  /** Pairs that have series of their own. */
  get pairCount(): number {
    return this.#pairCount;
  }

  /** Protocol number of pair `index`. */
  protocolNumber(index: number): number {
    return ((this.#codes[index] ?? 0) >>> 17) & 0xff;
  }

  /** Whether pair `index` is one of those that take what is beyond the limit. */
  isOverflow(index: number): boolean {
    return this.#lastSeenMs[index] === Infinity;
  }

  /** Index of a pair, made at first sight. */
  resolve({ own, peer, role, protocol, port }: PairKey, nowMs: number): number {
    const code = (role << 25) | (protocol << 17) | (port ?? NO_PORT);
    const index = this.#byOwn.get(own)?.get(peer)?.get(code);
    if (index === undefined) return this.#add(own, peer, code, nowMs);
    this.#lastSeenMs[index] = nowMs;
    return index;
  }

  /**
   * Removes pairs without traffic. Nothing is removed while the table is being read out, so that a pair which goes
   * and returns never stands twice in one exposition.
   */
  expire(nowMs: number): void {
    if (this.#readers > 0) return;
    const { pairSeriesTtlMs } = this.#options;
    for (let index = 0; index < this.labels.length; index++) {
      if (this.labels[index] !== undefined && (this.#lastSeenMs[index] ?? 0) <= nowMs - pairSeriesTtlMs)
        this.#remove(index);
    }
  }

  /** To be called around a read-out that lets the event loop turn; `expire` waits for its end. */
  beginRead(): () => void {
    this.#readers++;
    return () => {
      this.#readers--;
    };
  }

  #add(own: string, peer: string, code: number, nowMs: number): number {
    if (this.#pairCount >= this.#options.pairSeriesLimit) this.#makeRoom(nowMs);
    if (this.#pairCount >= this.#options.pairSeriesLimit) return this.#overflowPair(code);
    const index = this.#place(own, peer, code, toPort(code));
    this.#lastSeenMs[index] = nowMs;
    this.#pairCount++;
    const peers = getOrMake(this.#byOwn, own, () => new Map<string, Map<number, number>>());
    getOrMake(peers, peer, () => new Map<number, number>()).set(code, index);
    return index;
  }

  /** A full table is searched for idle pairs at most a hundred times within `pairSeriesTtlMs`. */
  #makeRoom(nowMs: number): void {
    if (nowMs < this.#nextExpiryMs) return;
    this.#nextExpiryMs = nowMs + this.#options.pairSeriesTtlMs / 100;
    this.expire(nowMs);
  }

  #overflowPair(code: number): number {
    const kind = code >>> 17;
    let index = this.#overflow.get(kind);
    if (index === undefined) {
      index = this.#place('', OTHER, code, OTHER);
      this.#lastSeenMs[index] = Infinity;
      this.#overflow.set(kind, index);
    }
    return index;
  }

  #place(own: string, peer: string, code: number, port: string): number {
    const index = this.#free.pop() ?? this.labels.length;
    if (index >= this.#codes.length) this.#grow();
    const role = ROLE_NAMES[(code >>> 25) as RoleNumber];
    const transport = toTransportName((code >>> 17) & 0xff);
    const pod = own === '' ? {} : { pod_ip: own };
    this.labels[index] = encodeLabels({ ...pod, peer, role, server_port: port, transport });
    this.#owns[index] = own;
    this.#peers[index] = peer;
    this.#codes[index] = code;
    return index;
  }

  #remove(index: number): void {
    const [own = '', peer = ''] = [this.#owns[index], this.#peers[index]];
    const peers = this.#byOwn.get(own);
    const codes = peers?.get(peer);
    codes?.delete(this.#codes[index] ?? 0);
    if (codes?.size === 0) peers?.delete(peer);
    if (peers?.size === 0) this.#byOwn.delete(own);
    this.labels[index] = undefined;
    this.cells.fill(0, index * CELLS_PER_PAIR, (index + 1) * CELLS_PER_PAIR);
    this.#free.push(index);
    this.#pairCount--;
    this.expiredPairs++;
  }

  #grow(): void {
    const capacity = this.#codes.length * 2;
    this.cells = copyInto(new Float64Array(capacity * CELLS_PER_PAIR), this.cells);
    this.#lastSeenMs = copyInto(new Float64Array(capacity), this.#lastSeenMs);
    this.#codes = copyInto(new Int32Array(capacity), this.#codes);
  }
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

function copyInto<T extends Float64Array | Int32Array>(larger: T, smaller: T): T {
  larger.set(smaller);
  return larger;
}
