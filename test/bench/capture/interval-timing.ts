/** Between the end of a load and the end of the interval it falls into: time for a load that runs a little long. */
export const LOAD_MARGIN_MS = 700;

/** Milliseconds until the wall clock is at a multiple of the interval; a whole interval when it just is. */
export function msUntilBoundary(nowMs: number, intervalMs: number): number {
  return intervalMs - (nowMs % intervalMs);
}

/**
 * Milliseconds to wait before a load of a given length, so that it ends shortly before an interval does. All runs then
 * have the same number of intervals, and none waits long for its last one.
 */
export function msUntilLoadStart(nowMs: number, loadMs: number, intervalMs: number): number {
  return msUntilBoundary(nowMs + loadMs + LOAD_MARGIN_MS, intervalMs) % intervalMs;
}
