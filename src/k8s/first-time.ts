/**
 * From when something is known to be there: as it says itself, but not later than it was told of (clocks differ); when
 * it was told of, where it says nothing. What is told of at -Infinity, as in a file, is there since ever.
 */
export function toFirstMs(saidMs: number | undefined, nowMs: number): number {
  if (saidMs === undefined) return nowMs;
  return nowMs === -Infinity ? saidMs : Math.min(saidMs, nowMs);
}
