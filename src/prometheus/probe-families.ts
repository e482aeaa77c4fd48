import { METRICS } from './metric-list.ts';
import { toPairFamilies } from './pair-families.ts';

/** What a probe tells of each of its pairs. */
export const PROBE_FAMILIES = toPairFamilies({
  bytes: METRICS.flowBytes,
  packets: METRICS.flowPackets,
  connections: METRICS.flowConnections,
  dropped: METRICS.flowDropped,
  droppedPackets: METRICS.flowDroppedPackets,
  retransmits: METRICS.flowRetransmits,
});
