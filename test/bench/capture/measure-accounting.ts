import { setTimeout as delay } from 'node:timers/promises';
import { ProcessSampler } from '../support/process-sampler.ts';
import { readInterfaceCounters } from './interface-counters.ts';
import { msUntilLoadStart } from './interval-timing.ts';
import type { Load } from './loads/load.ts';
import type { ObserverName } from './observers/observer.ts';
import { startObserver } from './observers/start-observer.ts';
import { toAccountingFigures, type AccountingFigures, type Reading } from './accounting-figures.ts';
import type { TestStand } from './test-stand.ts';

/** From ready to load: what a start leaves to be compiled or collected is done by then. */
const WARM_MS = 1_000;

/**
 * One run of a load under an observer with everything measured: accounted frames against the interface's own, CPU time
 * of the observer from the load's start until all was reported, run time of its BPF programs, memory.
 */
export async function measureAccounting(
  stand: TestStand,
  name: Exclude<ObserverName, 'none'>,
  load: Load,
): Promise<AccountingFigures> {
  const observer = await startObserver(stand, name);
  const sampler = new ProcessSampler(observer.pids);
  try {
    stand.bpfStats.on();
    await delay(WARM_MS);
    if (observer.intervalMs !== undefined)
      await delay(msUntilLoadStart(Date.now(), load.seconds * 1e3, observer.intervalMs));
    const before = await read(stand, sampler);
    const result = await load.run(stand.network);
    await observer.drain();
    const after = await read(stand, sampler);
    sampler.stop();
    const account = await observer.finish();
    return toAccountingFigures({ before, after, result, account, peak: sampler.peak });
  } finally {
    sampler.stop();
    observer.kill();
    stand.bpfStats.off();
  }
}

async function read({ network, receiver }: TestStand, sampler: ProcessSampler): Promise<Reading> {
  const received = await receiver.received();
  const cpuSeconds = sampler.cpuSeconds();
  const bpf = sampler.bpfRuns();
  return { timeMs: performance.now(), frames: readInterfaceCounters(network).frames, cpuSeconds, bpf, received };
}
