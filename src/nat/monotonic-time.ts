/** A time of the wall clock, ns since the epoch, on the monotonic clock (`performance.now()`), ms. */
export function toMonotonicMs(timeNs: number): number {
  return timeNs / 1e6 - Date.now() + performance.now();
}

/**
 * When an entry began, on the monotonic clock: the kernel's stamp (ns since the epoch), `otherwise` where it gave none,
 * -Infinity where the stamp is later than the time at which the entry was told, because the wall clock was set back.
 */
export function toStartMs(stampNs: number, otherwise: number, toldMs: number): number {
  if (stampNs === 0) return otherwise;
  const startMs = toMonotonicMs(stampNs);
  return startMs <= toldMs + 1 ? startMs : -Infinity;
}
