import { setTimeout as delay } from 'node:timers/promises';
import { ProcessSampler } from '../support/process-sampler.ts';
import { readInterfaceCounters } from './interface-counters.ts';
import { msUntilLoadStart } from './interval-timing.ts';
import type { Load } from './loads/load.ts';
import type { Observer, ObserverAccount, ObserverName } from './observers/observer.ts';
import { startObserver } from './observers/start-observer.ts';
import { toAccountingFigures, type AccountingFigures, type Reading } from './accounting-figures.ts';
import type { TestStand } from './test-stand.ts';

/** From ready to load: what a start leaves to be compiled or collected is done by then. */
const WARM_MS = 1_000;
/** Runs of the load before a warm one is measured. */
const WARM_PASSES = 3;

/**
 * One run of a load under an observer with everything measured: accounted frames against the interface's own, CPU time
 * of the observer from the load's start until all was reported, run time of its BPF programs, memory.
 * @param isWarm the observer has gone through the same load some times before
 */
export async function measureAccounting(
  stand: TestStand,
  name: Exclude<ObserverName, 'none'>,
  load: Load,
  isWarm = false,
): Promise<AccountingFigures> {
  const observer = await startObserver(stand, name);
  const sampler = new ProcessSampler(observer.pids);
  try {
    stand.bpfStats.on();
    await delay(WARM_MS);
    if (isWarm) await goThrough(observer, load, stand);
    const earlier = isWarm ? await observer.account?.() : undefined;
    if (observer.intervalMs !== undefined)
      await delay(msUntilLoadStart(Date.now(), load.seconds * 1e3, observer.intervalMs));
    const before = await read(stand, sampler);
    const result = await load.run(stand.network);
    await observer.drain();
    const after = await read(stand, sampler);
    sampler.stop();
    const account = subtract(await observer.finish(), earlier);
    return toAccountingFigures({ before, after, result, account, peak: sampler.peak });
  } finally {
    sampler.stop();
    observer.kill();
    stand.bpfStats.off();
  }
}

async function goThrough(observer: Observer, load: Load, stand: TestStand): Promise<void> {
  for (let pass = 0; pass < WARM_PASSES; pass++) await load.run(stand.network);
  await observer.drain();
}

function subtract(account: ObserverAccount, earlier: ObserverAccount | undefined): ObserverAccount {
  if (earlier === undefined) return account;
  return {
    frames: account.frames - earlier.frames,
    attributedFrames: account.attributedFrames - earlier.attributedFrames,
    missedFrames: (account.missedFrames ?? 0) - (earlier.missedFrames ?? 0),
    records: account.records - earlier.records,
  };
}

async function read({ network, receiver }: TestStand, sampler: ProcessSampler): Promise<Reading> {
  const received = await receiver.received();
  const cpuSeconds = sampler.cpuSeconds();
  const bpf = sampler.bpfRuns();
  return { timeMs: performance.now(), frames: readInterfaceCounters(network).frames, cpuSeconds, bpf, received };
}
