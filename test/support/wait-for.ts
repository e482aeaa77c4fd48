import { setTimeout as delay } from 'node:timers/promises';

const POLL_MS = 10;

/**
 * Polls until `read` gives something other than undefined, false or null, and returns it; rejects with `what` when
 * that takes longer than `timeoutMs`.
 */
export async function waitFor<Value>(
  what: string,
  read: () => Value | Promise<Value>,
  timeoutMs = 5_000,
): Promise<NonNullable<Exclude<Value, false>>> {
  for (const endMs = performance.now() + timeoutMs; ; await delay(POLL_MS)) {
    const value = await read();
    if (value !== undefined && value !== null && value !== false) return value as NonNullable<Exclude<Value, false>>;
    if (performance.now() > endMs) throw new Error(`gave up after ${timeoutMs} ms of waiting for ${what}`);
  }
}
