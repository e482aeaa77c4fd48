import { FailedConnections } from '../../lib/failed-connections.ts';
import type { Connection } from '../../model/connection.ts';
import type { PolicyFinding } from '../../model/policy-judgement.ts';
import { encodeLabels } from '../exposition-text.ts';
import { METRICS } from '../metric-list.ts';
import { encodePairFamilies, PLAIN, type PairFamily } from '../pair-families.ts';
import { PairPlaces } from '../pair-places.ts';
import { toConnectionPair, toOverflowPair } from './connection-pair.ts';

export interface FindingCountersOptions {
  /** Series of their own; what comes beyond counts into series called `other`. */
  readonly seriesLimit: number;
  /** A series that nothing was added to for so long is removed. */
  readonly seriesTtlMs: number;
}

export interface FindingTotals {
  readonly series: number;
  /** Findings that counted into series called `other`. */
  readonly overflow: number;
}

const FAMILIES: readonly PairFamily[] = [
  { metric: METRICS.workloadFindings, series: [{ cell: 0, tail: PLAIN, beginsAtZero: true }] },
];
/** Failing connections remembered so that each counts once. */
const FAILED_CONNECTION_LIMIT = 16_384;
const OTHER = 'other';

/**
 * Counts findings per pair of workloads, finding and policy: a series each, made when it is first needed, since findings
 * are few. A failed connection counts once, when its finding is first told; one that got through each time it begins.
 */
export class FindingCounters {
  readonly #places: PairPlaces;
  readonly #byLabels = new Map<string, number>();
  readonly #found = new FailedConnections(FAILED_CONNECTION_LIMIT);
  #overflow = 0;

  constructor({ seriesLimit, seriesTtlMs }: FindingCountersOptions) {
    this.#places = new PairPlaces({
      cellsPerPair: 1,
      pairLimit: seriesLimit,
      pairTtlMs: seriesTtlMs,
      onRemove: (index) => this.#byLabels.delete(this.#places.labels[index] ?? ''),
    });
  }

  /** To be called for every connection. */
  count(connection: Connection, nowMs: number): void {
    const { finding, record } = connection;
    if (finding === undefined && record.event !== 'end') return;
    const connections = this.#countNew(connection, finding);
    if (finding === undefined || connections === 0) return;
    const index = this.#resolve(connection, finding, nowMs);
    if (this.#places.isOverflow(index)) this.#overflow += connections;
    else this.#places.touch(index, nowMs);
    this.#places.cells[index]! += connections;
  }

  totals(): FindingTotals {
    return { series: this.#places.pairCount, overflow: this.#overflow };
  }

  *exposition(nowMs: number, linesPerChunk: number): Generator<string, void, void> {
    this.#places.expire(nowMs);
    const endRead = this.#places.beginRead();
    try {
      yield* encodePairFamilies(this.#places, FAMILIES, linesPerChunk);
    } finally {
      endRead();
    }
  }

  #countNew(connection: Connection, finding: PolicyFinding | undefined): number {
    if (finding === 'unexpectedly_allowed') return connection.flowsBegun;
    return Number(this.#found.isNew(connection, finding === undefined ? 'unknown' : toFailure(connection)));
  }

  #resolve(connection: Connection, finding: PolicyFinding, nowMs: number): number {
    const pair = toConnectionPair(connection);
    const { policy, deciding } = connection.judgement ?? {};
    const direction = deciding?.direction ?? '';
    const names = { policy_namespace: policy?.namespaceName ?? '', policy: policy?.name ?? '' };
    const labels = toLabels(pair.workloadLabels, finding, { ...names, policy_direction: direction });
    const known = this.#byLabels.get(labels);
    if (known !== undefined) return known;
    if (this.#places.hasRoom(nowMs)) return this.#add(labels, this.#places.add(labels, pair.protocol, nowMs));
    const others = { policy_namespace: OTHER, policy: OTHER, policy_direction: direction };
    const otherLabels = toLabels(toOverflowPair(pair).workloadLabels, finding, others);
    return this.#overflowSeries(otherLabels, pair.protocol);
  }

  #overflowSeries(labels: string, protocol: number): number {
    const index = this.#byLabels.get(labels) ?? this.#add(labels, this.#places.addOverflow(labels, protocol));
    // What happens to have these very names shares the series.
    this.#places.turnIntoOverflow(index);
    return index;
  }

  #add(labels: string, index: number): number {
    this.#byLabels.set(labels, index);
    return index;
  }
}

/** Other verdicts leave it open, and the finding says that it failed. */
function toFailure({ verdict }: Connection): 'rejected' | 'dropped' {
  return verdict === 'rejected' ? 'rejected' : 'dropped';
}

function toLabels(pairLabels: string, finding: PolicyFinding, policy: Readonly<Record<string, string>>): string {
  return `${pairLabels},finding="${finding}",${encodeLabels(policy)}`;
}
