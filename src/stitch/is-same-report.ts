import type { FlowRecord } from '../model/flow-record.ts';
import type { OpenConnection } from './open-connection.ts';
import type { Perspective } from './perspective.ts';

/**
 * Whether a waiting connection lacks just this report: it holds the other perspective alone, of the same time as far as
 * two nodes' clocks agree. What one of them saw at the end of an interval, the other may have seen in the next one.
 */
export function isSameReport(
  { state, part, clientSide, serverSide }: OpenConnection,
  { startNs, endNs }: FlowRecord,
  perspective: Perspective,
  toleranceMs: number,
): boolean {
  if (state !== 'waiting' || part !== 0) return false;
  const own = perspective === 'client' ? clientSide : serverSide;
  const other = perspective === 'client' ? serverSide : clientSide;
  if (own !== undefined || other === undefined) return false;
  const toleranceNs = toleranceMs * 1e6;
  return Math.abs(other.startNs - startNs) <= toleranceNs && Math.abs(other.endNs - endNs) <= toleranceNs;
}
