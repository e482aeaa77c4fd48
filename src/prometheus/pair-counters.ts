import { FailedFlows } from '../lib/failed-flows.ts';
import { toFrameCount } from '../lib/frame-count.ts';
import { StageCounters } from '../lib/stage-counters.ts';
import type { FlowRecord } from '../model/flow-record.ts';
import type { RecordStage, StageAccount } from '../model/stage.ts';
import { addTraffic } from './add-traffic.ts';
import type { ExpositionSource } from './exposition-source.ts';
import { HandshakeHistogram } from './handshake-histogram.ts';
import { CELL, CELLS_PER_PAIR, REASON_CELL } from './pair-cells.ts';
import { encodePairFamilies } from './pair-families.ts';
import { PROBE_FAMILIES } from './probe-families.ts';
import { PairTable, ROLE, type RoleNumber } from './pair-table.ts';

export interface PairCountersOptions {
  /** Pairs with series of their own, default 10,000; what comes beyond counts into `peer="other"`. */
  readonly pairSeriesLimit?: number;
  /** A pair without traffic for so long loses its series, default 15 min. */
  readonly pairSeriesTtlMs?: number;
  /** Whether one observer looks at several pods: each pair then also tells its own pod's address. */
  readonly hasManyPods?: boolean;
  /** Monotonic milliseconds. */
  readonly nowMs?: () => number;
}

/** Failing flows remembered so that each counts once; a flow is forgotten with its last report. */
const FAILED_FLOW_LIMIT = 16_384;
/** Lines written between two turns of the event loop: about 1 ms. */
const LINES_PER_CHUNK = 1_024;

/**
 * Counts flow records per pair of own pod and peer, for Prometheus.
 *
 * The own pod is the end at which the probe looks: the source of an egress flow (role client), the destination of an
 * ingress flow (role server). Where the direction is unknown the source is taken for it and the role says `unknown`;
 * `transmit` is then source → destination.
 */
export class PairCounters implements RecordStage, ExpositionSource {
  readonly name = 'prometheus';
  readonly #table: PairTable;
  readonly #failed = new FailedFlows(FAILED_FLOW_LIMIT);
  readonly #handshakes = new HandshakeHistogram();
  readonly #account = new StageCounters();
  readonly #hasManyPods: boolean;
  readonly #nowMs: () => number;
  #overflowRecords = 0;

  constructor({
    pairSeriesLimit = 10_000,
    pairSeriesTtlMs = 900_000,
    hasManyPods = false,
    nowMs = () => performance.now(),
  }: PairCountersOptions = {}) {
    this.#table = new PairTable({ pairSeriesLimit, pairSeriesTtlMs });
    this.#hasManyPods = hasManyPods;
    this.#nowMs = nowMs;
  }

  start(): Promise<void> {
    return Promise.resolve();
  }

  stop(): Promise<void> {
    return Promise.resolve();
  }

  accept(batch: readonly FlowRecord[]): void {
    const nowMs = this.#nowMs();
    let frames = 0;
    for (const record of batch) {
      frames += toFrameCount(record);
      this.#count(record, nowMs);
    }
    this.#account.receive(batch.length, frames);
    this.#account.forward(batch.length, frames);
  }

  account(): StageAccount {
    return this.#account;
  }

  /** Pairs with series of their own, pairs removed, and records that counted into `other`. */
  totals(): { readonly pairs: number; readonly expired: number; readonly overflowRecords: number } {
    const { pairCount, expiredPairs } = this.#table.places;
    return { pairs: pairCount, expired: expiredPairs, overflowRecords: this.#overflowRecords };
  }

  *exposition(): Generator<string, void, void> {
    const { places } = this.#table;
    places.expire(this.#nowMs());
    const endRead = places.beginRead();
    try {
      yield this.#handshakes.encode();
      yield* encodePairFamilies(places, PROBE_FAMILIES, LINES_PER_CHUNK);
    } finally {
      endRead();
    }
  }

  #count(record: FlowRecord, nowMs: number): void {
    const role = toRole(record);
    const [source, destination] = [record.sourceAddress, record.destinationAddress];
    const key = {
      own: this.#hasManyPods ? (role === ROLE.server ? destination : source) : '',
      peer: role === ROLE.server ? source : destination,
      role,
      protocol: record.protocolNumber,
      port: record.destinationPort,
    };
    const pair = this.#table.resolve(key, nowMs);
    const { places } = this.#table;
    const { cells } = places;
    if (places.isOverflow(pair)) this.#overflowRecords++;
    const base = pair * CELLS_PER_PAIR;
    addTraffic(cells, base, record, role === ROLE.server);
    if (record.sequence === 0) cells[base + CELL.connections]! += 1;
    if (record.handshakeNs !== undefined) this.#handshakes.observe(role, record.handshakeNs / 1e9);
    if (record.dropPackets !== undefined) cells[base + CELL.droppedPackets]! += record.dropPackets;
    if (this.#failed.isNew(record)) cells[base + REASON_CELL[record.dropReason ?? 'unknown']]! += 1;
  }
}

function toRole({ direction }: FlowRecord): RoleNumber {
  if (direction === 'egress') return ROLE.client;
  return direction === 'ingress' ? ROLE.server : ROLE.unknown;
}
