/**
 * Nanoseconds since the Unix epoch as a double (grain 256 ns): the wall clock, read through the monotonic one's
 * resolution. `Date.now()` follows clock steps, so the sum is taken afresh at each call.
 */
export function wallClockNs(): number {
  return Date.now() * 1e6;
}

/**
 * What to add to a CLOCK_MONOTONIC time (ns; `bpf_ktime_get_ns`) to get nanoseconds since the Unix epoch.
 * Taken afresh per drain, so that a stepped wall clock is followed.
 */
export function monotonicToWallOffsetNs(): number {
  return Date.now() * 1e6 - Number(process.hrtime.bigint());
}
