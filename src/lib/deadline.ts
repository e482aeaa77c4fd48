import type { Deadline } from '../model/stage.ts';

/** A deadline that begins to run now, on the monotonic clock. */
export function createDeadline(durationMs: number): Deadline {
  const endMs = performance.now() + durationMs;
  return { remainingMs: () => Math.max(0, endMs - performance.now()) };
}
