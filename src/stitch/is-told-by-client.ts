import { SEEN, type DeliveredMemory } from './delivered-memory.ts';
import type { OpenConnection } from './open-connection.ts';

/**
 * Whether a server's report that stands alone is of traffic that the client's observer told of in another interval: it is
 * next to the one in which that observer told that the connection began, or ended. What lies before the begin or after
 * the end is the same by another clock.
 */
export function isToldByClient(
  { joinId, intervalStartMs, clientSide }: OpenConnection,
  memory: DeliveredMemory,
  intervalMs: number,
): boolean {
  if (clientSide !== undefined) return false;
  const interval = intervalStartMs / intervalMs;
  const isBefore = (memory.find(joinId, interval + 1) & SEEN.clientBegin) !== 0;
  return isBefore || (memory.find(joinId, interval - 1) & SEEN.clientEnd) !== 0;
}
