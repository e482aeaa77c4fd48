import { FailedConnections } from '../../lib/failed-connections.ts';
import type { ConnectionSink } from '../../model/connection-output.ts';
import type { Connection } from '../../model/connection.ts';
import type { ExpositionSource } from '../exposition-source.ts';
import { CELLS_PER_PAIR, REASON_CELL } from '../pair-cells.ts';
import { encodePairFamilies } from '../pair-families.ts';
import { CELLS_PER_WORKLOAD_PAIR } from './connection-cells.ts';
import { POD_FAMILIES, WORKLOAD_FAMILIES } from './connection-families.ts';
import { toConnectionPair, toPodLabels } from './connection-pair.ts';
import { ConnectionTable } from './connection-table.ts';
import { countConnection, countQuality } from './count-connection.ts';
import { toPodId, type NamedPod } from './counted-end.ts';
import { FindingCounters, type FindingTotals } from './finding-counters.ts';
import { GonePods } from './gone-pods.ts';
import { JudgementTally, type JudgementTotals } from './judgement-tally.ts';
import { PlacedPairs, type PlacedPair } from './placed-pairs.ts';

/** The two groups of families: `podflow_flow_*` of workloads and `podflow_pod_flow_*` of pods. */
export const PAIR_GROUPS = ['workload', 'pod'] as const;
export type PairGroup = (typeof PAIR_GROUPS)[number];

export interface ConnectionCountersOptions {
  /** What pairs are counted, default both. */
  readonly groups?: readonly PairGroup[];
  /** Pairs of workloads with series of their own, default 5,000: at 40 series each, 200,000 of them (of 65 at most). */
  readonly workloadPairLimit?: number;
  /** Pairs of pods with series of their own, default 20,000: at 10 series each, 200,000 of them (of 30 at most). */
  readonly podPairLimit?: number;
  /** Series of findings, default 5,000. */
  readonly findingSeriesLimit?: number;
  /** A pair without traffic for so long loses its series, default 15 min. */
  readonly pairSeriesTtlMs?: number;
  /** How long the series of a pod that is gone stand yet, default 2 min: its last report is to be scraped. */
  readonly gonePodDelayMs?: number;
  /** Monotonic milliseconds. */
  readonly nowMs?: () => number;
}

/** What is told of the table of one group. */
export interface PairGroupTotals {
  readonly pairs: number;
  readonly expired: number;
  readonly forgotten: number;
  readonly overflowRecords: number;
}

/** Failing connections remembered so that each counts once; one is forgotten with its last report. */
const FAILED_CONNECTION_LIMIT = 65_536;
/** Lines written between two turns of the event loop: about 1 ms. */
const LINES_PER_CHUNK = 1_024;
/** Pods that are gone are looked for in the table at most so often: each time takes about 1 ms. */
const FORGET_INTERVAL_MS = 10_000;

/**
 * Counts connections per pair of workloads and per pair of pods, for Prometheus. Source is the client, `transmit` its
 * way to the server; each connection counts by one perspective, the client's where it was seen.
 */
export class ConnectionCounters implements ConnectionSink, ExpositionSource {
  readonly #workloads: ConnectionTable | undefined;
  readonly #pods: ConnectionTable | undefined;
  readonly #findings: FindingCounters;
  readonly #judgements = new JudgementTally();
  readonly #placed = new PlacedPairs();
  readonly #failed = new FailedConnections(FAILED_CONNECTION_LIMIT);
  readonly #gone: GonePods;
  readonly #nowMs: () => number;
  #removals = 0;
  #nextForgetMs = 0;

  constructor({
    groups = PAIR_GROUPS,
    workloadPairLimit = 5_000,
    podPairLimit = 20_000,
    findingSeriesLimit = 5_000,
    pairSeriesTtlMs: pairTtlMs = 900_000,
    gonePodDelayMs = 120_000,
    nowMs = () => performance.now(),
  }: ConnectionCountersOptions = {}) {
    const workloads = { cellsPerPair: CELLS_PER_WORKLOAD_PAIR, pairLimit: workloadPairLimit, pairTtlMs };
    const pods = { cellsPerPair: CELLS_PER_PAIR, pairLimit: podPairLimit, pairTtlMs };
    if (groups.includes('workload'))
      this.#workloads = new ConnectionTable({ ...workloads, toLabels: (pair) => pair.workloadLabels });
    if (groups.includes('pod')) this.#pods = new ConnectionTable({ ...pods, toLabels: toPodLabels });
    this.#findings = new FindingCounters({ seriesLimit: findingSeriesLimit, seriesTtlMs: pairTtlMs });
    this.#gone = new GonePods(gonePodDelayMs);
    this.#nowMs = nowMs;
  }

  accept(batch: readonly Connection[]): void {
    const nowMs = this.#nowMs();
    if (nowMs >= this.#nextForgetMs) this.#forgetDue(nowMs);
    this.#clearStale();
    for (const connection of batch) this.#count(connection, nowMs);
  }

  /**
   * To be told of each pod that is gone. Its pairs' series go after the delay, at the next scrape or batch; a pod that
   * has taken its name by then keeps them. Series of workloads stay.
   */
  forgetPod(pod: NamedPod): void {
    if (this.#pods !== undefined) this.#gone.add(toPodId(pod), this.#nowMs());
  }

  /** Of each group that is counted. */
  totals(): ReadonlyMap<PairGroup, PairGroupTotals> {
    const totals = new Map<PairGroup, PairGroupTotals>();
    if (this.#workloads !== undefined) totals.set('workload', toTotals(this.#workloads));
    if (this.#pods !== undefined) totals.set('pod', toTotals(this.#pods));
    return totals;
  }

  findingTotals(): FindingTotals {
    return this.#findings.totals();
  }

  judgementTotals(): JudgementTotals {
    return this.#judgements.totals();
  }

  *exposition(): Generator<string, void, void> {
    const nowMs = this.#nowMs();
    this.#forgetDue(nowMs);
    for (const table of [this.#workloads, this.#pods]) {
      if (table === undefined) continue;
      table.places.expire(nowMs);
      const endRead = table.places.beginRead();
      try {
        const families = table === this.#workloads ? WORKLOAD_FAMILIES : POD_FAMILIES;
        yield* encodePairFamilies(table.places, families, LINES_PER_CHUNK);
      } finally {
        endRead();
      }
    }
    if (this.#workloads !== undefined) yield* this.#findings.exposition(nowMs, LINES_PER_CHUNK);
  }

  #count(connection: Connection, nowMs: number): void {
    const pair = this.#placed.get(connection) ?? this.#place(connection, nowMs);
    const isNewFailure = this.#failed.isNew(connection);
    const reasonCell = isNewFailure ? REASON_CELL[connection.dropReason ?? 'unknown'] : undefined;
    this.#judgements.count(connection, isNewFailure);
    this.#findings.count(connection, nowMs);
    if (this.#workloads !== undefined) {
      const base = this.#workloads.open(pair.workloadIndex, nowMs);
      countConnection(this.#workloads.places.cells, base, connection, reasonCell);
      countQuality(this.#workloads.places.cells, base, connection);
    }
    if (this.#pods !== undefined) {
      const base = this.#pods.open(pair.podIndex, nowMs);
      countConnection(this.#pods.places.cells, base, connection, reasonCell);
    }
  }

  /** Looks a pair up by its names, and makes it at first sight. */
  #place(connection: Connection, nowMs: number): PlacedPair {
    const pair = toConnectionPair(connection);
    const workloadIndex = this.#workloads?.resolve(pair, nowMs) ?? -1;
    const podIndex = this.#pods?.resolve(pair, nowMs) ?? -1;
    this.#clearStale();
    return this.#placed.add(connection, workloadIndex, podIndex);
  }

  /** After a removal, places may be other pairs', and there may be room for pairs that had none. */
  #clearStale(): void {
    const removals = (this.#workloads?.places.removals ?? 0) + (this.#pods?.places.removals ?? 0);
    if (removals === this.#removals) return;
    this.#removals = removals;
    this.#placed.clear();
  }

  #forgetDue(nowMs: number): void {
    if (this.#pods === undefined || this.#pods.places.isBeingRead || !this.#gone.isDue(nowMs)) return;
    this.#nextForgetMs = nowMs + FORGET_INTERVAL_MS;
    this.#pods.forget(this.#gone.takeDue(nowMs));
  }
}

function toTotals({ places, forgottenPairs, overflowRecords }: ConnectionTable): PairGroupTotals {
  return { pairs: places.pairCount, expired: places.expiredPairs, forgotten: forgottenPairs, overflowRecords };
}
