import { FLOW_SYMPTOMS } from '../../model/flow-symptom.ts';
import type { MetricDeclaration } from '../metric-declaration.ts';
import { METRICS } from '../metric-list.ts';
import { TCP_ONLY, toPairFamilies, toWays, type PairFamily, type PairSeries } from '../pair-families.ts';
import { BOUNDS_SECONDS, HISTOGRAM_SUM, WORKLOAD_CELL } from './connection-cells.ts';

/** Loss is told once both ends were seen: 0 would say that nothing is lost where nobody looked. */
const ONCE_COMPARED = { protocols: [], whenCounted: WORKLOAD_CELL.compared, beginsAtZero: true };

/** What is told of each pair of workloads. */
export const WORKLOAD_FAMILIES: readonly PairFamily[] = [
  ...toPairFamilies({
    bytes: METRICS.workloadBytes,
    packets: METRICS.workloadPackets,
    connections: METRICS.workloadConnections,
    dropped: METRICS.workloadDropped,
    droppedPackets: METRICS.workloadDroppedPackets,
    retransmits: METRICS.workloadRetransmits,
  }),
  {
    metric: METRICS.workloadLostPackets,
    series: toWays(WORKLOAD_CELL.transmitLost, WORKLOAD_CELL.receiveLost, ONCE_COMPARED),
  },
  { metric: METRICS.workloadSymptoms, series: FLOW_SYMPTOMS.map(toSymptomSeries) },
  toHistogram(METRICS.workloadRtt, WORKLOAD_CELL.rtt),
  toHistogram(METRICS.workloadHandshake, WORKLOAD_CELL.handshake),
];

/** What is told of each pair of pods. */
export const POD_FAMILIES: readonly PairFamily[] = toPairFamilies({
  bytes: METRICS.podBytes,
  packets: METRICS.podPackets,
  connections: METRICS.podConnections,
  dropped: METRICS.podDropped,
  droppedPackets: METRICS.podDroppedPackets,
  retransmits: METRICS.podRetransmits,
});

function toSymptomSeries(symptom: string, position: number): PairSeries {
  const cell = WORKLOAD_CELL.symptoms + position;
  return { cell, tail: `,symptom="${symptom}"} `, whenCounted: cell, beginsAtZero: true };
}

/** Buckets stand in cells of their own and are told with all those below. */
function toHistogram(metric: MetricDeclaration, firstCell: number): PairFamily {
  const beyond = firstCell + BOUNDS_SECONDS.length;
  const buckets = [...BOUNDS_SECONDS, '+Inf'].map((bound, i): PairSeries => ({
    suffix: '_bucket',
    tail: `,le="${bound}"} `,
    firstCell,
    cell: firstCell + i,
  }));
  const sum: PairSeries = { suffix: '_sum', tail: '} ', cell: firstCell + HISTOGRAM_SUM };
  const count: PairSeries = { suffix: '_count', tail: '} ', firstCell, cell: beyond };
  return { metric, series: [...buckets, sum, count].map((one) => ({ ...one, ...TCP_ONLY })) };
}
