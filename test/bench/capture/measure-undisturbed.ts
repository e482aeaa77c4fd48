import { setTimeout as delay } from 'node:timers/promises';
import { readInterfaceCounters } from './interface-counters.ts';
import type { Load, LoadResult } from './loads/load.ts';
import type { ObserverName } from './observers/observer.ts';
import { startObserver } from './observers/start-observer.ts';
import type { TestStand } from './test-stand.ts';

/** Behind this the observer has done what is done once: code compiled, first garbage collected. */
const WARM_MS = 4_000;

export interface UndisturbedFigures extends LoadResult {
  readonly framesPerSecond: number;
  /** CPU time of sender and receiver for each frame. */
  readonly pathUsPerFrame?: number;
}

/**
 * One run of a load, with an observer or without, in which nothing else is going on: no BPF statistics, no sampling.
 * What is measured is the load itself.
 */
export async function measureUndisturbed(
  stand: TestStand,
  name: ObserverName,
  load: Load,
): Promise<UndisturbedFigures> {
  const observer = name === 'none' ? undefined : await startObserver(stand, name);
  try {
    await delay(WARM_MS);
    const before = readInterfaceCounters(stand.network);
    const result = await load.run(stand.network);
    const frames = readInterfaceCounters(stand.network).frames - before.frames;
    await observer?.finish();
    const { loadCpuSeconds: cpu } = result;
    const path = cpu === undefined ? {} : { pathUsPerFrame: (cpu / frames) * 1e6 };
    return { ...result, framesPerSecond: Math.round(frames / result.seconds), ...path };
  } finally {
    observer?.kill();
  }
}
