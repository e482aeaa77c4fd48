import { setImmediate } from 'node:timers/promises';

/** The event loop waits no longer than this, and one step, for long work. */
const SLICE_MS = 2;

/** Runs the steps of a piece of work to its end, letting the event loop turn between slices of them. */
export async function runInSlices<Result>(steps: Generator<void, Result>): Promise<Result> {
  for (let endMs = performance.now() + SLICE_MS; ;) {
    const step = steps.next();
    if (step.done === true) return step.value;
    if (performance.now() < endMs) continue;
    await setImmediate();
    endMs = performance.now() + SLICE_MS;
  }
}
