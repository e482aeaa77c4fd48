/** How long to wait after failed requests. */
export interface BackoffPolicy {
  /** Upper bound of the first wait; doubles with each further failure. */
  readonly baseMs: number;
  /** Upper bound of all waits that the receiver did not ask for. */
  readonly maxMs: number;
  /** The longest wait that a receiver may ask for: a broken header must not silence us for a day. */
  readonly maxRetryAfterMs: number;
}

export const DEFAULT_BACKOFF: BackoffPolicy = { baseMs: 500, maxMs: 5_000, maxRetryAfterMs: 300_000 };

/** Even the luckiest draw leaves the receiver this part of the bound in peace. */
const LEAST_PART = 0.1;

/**
 * Milliseconds to wait after the `failures`-th failure in a row: exponential with full jitter (`random` in 0…1), so that
 * many probes do not come back at once, and at least what the receiver asked for.
 */
export function resolveBackoffMs(
  policy: BackoffPolicy,
  failures: number,
  retryAfterMs: number | undefined,
  random: number,
): number {
  const bound = Math.min(policy.maxMs, policy.baseMs * 2 ** Math.min(failures - 1, 30));
  const drawn = bound * Math.max(random, LEAST_PART);
  // Jitter on top of the asked time too: a receiver that sends all probes away would get them all back in one instant.
  const asked =
    retryAfterMs === undefined ? 0 : Math.min(retryAfterMs, policy.maxRetryAfterMs) + policy.baseMs * random;
  return Math.ceil(Math.max(drawn, asked));
}
