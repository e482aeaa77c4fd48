import { toLossSummary, type LossSources, type LossSummary } from './loss-summary.ts';
import { addTotals, createPairTotals, type PairTotals } from './pair-totals.ts';
import type { CollectedFlows, DropTotals } from './summary-collector.ts';

/** The one JSON object that `--json` prints when a run has ended. */
export interface RunSummary {
  /** Flows begun, records, packets and bytes of both directions. */
  readonly flows: number;
  readonly records: number;
  readonly packets: number;
  readonly bytes: number;
  /** The pairs of addresses with the most bytes, source (client) first. */
  readonly pairs: readonly PairTotals[];
  /** All other pairs together. */
  readonly otherPairs: PairTotals;
  readonly drops: readonly DropTotals[];
  readonly losses: LossSummary;
}

/** Pairs told each by itself. */
const TOP_PAIRS = 100;

/** Sums up a run: what was collected, and what its counters say of losses. */
export function toRunSummary({ pairs, beyond, drops }: CollectedFlows, sources: LossSources): RunSummary {
  const sorted = pairs.toSorted(byTraffic);
  const otherPairs = createPairTotals('other', 'other');
  for (const pair of [beyond, ...sorted.slice(TOP_PAIRS)]) addTotals(otherPairs, pair);
  const total = createPairTotals('', '');
  for (const pair of [beyond, ...pairs]) addTotals(total, pair);
  return {
    flows: total.flows,
    records: total.records,
    packets: total.packets + total.reversePackets,
    bytes: total.bytes + total.reverseBytes,
    pairs: sorted.slice(0, TOP_PAIRS),
    otherPairs,
    drops: drops.toSorted((a, b) => b.flows - a.flows || compareText(a.reason, b.reason)),
    losses: toLossSummary(sources),
  };
}

/** Most bytes first; equal ones in an order that does not depend on when they were seen. */
function byTraffic(a: PairTotals, b: PairTotals): number {
  const bytes = b.bytes + b.reverseBytes - a.bytes - a.reverseBytes;
  return bytes || compareText(a.source, b.source) || compareText(a.destination, b.destination);
}

function compareText(a: string, b: string): number {
  if (a === b) return 0;
  return a < b ? -1 : 1;
}
