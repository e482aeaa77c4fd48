import { setTimeout as delay } from 'node:timers/promises';
import { ProcessSampler } from '../../support/process-sampler.ts';
import { startObserver } from '../observers/start-observer.ts';
import type { TestStand } from '../test-stand.ts';
import { RunTable } from './run-table.ts';
import type { ScenarioContext, ScenarioFigures } from './scenario.ts';

const WARM_MS = 2_000;
const MIB = 2 ** 20;

interface IdleFigures {
  readonly cpuSecondsPerSecond: number;
  readonly rssAnonMib: number;
  readonly vmRssMib: number;
}

/** What a probe needs while nothing happens, over one whole interval. */
export async function runIdleScenario(context: ScenarioContext): Promise<ScenarioFigures> {
  const table = new RunTable<IdleFigures>('idle', context);
  if (context.options.observers.has('ebpf')) await table.add('ebpf', () => measureIdle(context.stand));
  return table.spreads();
}

async function measureIdle(stand: TestStand): Promise<IdleFigures> {
  const observer = await startObserver(stand, 'ebpf');
  const sampler = new ProcessSampler(observer.pids);
  try {
    await delay(WARM_MS);
    const before = sampler.cpuSeconds();
    const startMs = performance.now();
    await delay(stand.intervalMs);
    const cpuSecondsPerSecond = ((sampler.cpuSeconds() - before) / (performance.now() - startMs)) * 1e3;
    await observer.finish();
    const { anonymous, resident } = sampler.peak;
    return { cpuSecondsPerSecond, rssAnonMib: anonymous / MIB, vmRssMib: resident / MIB };
  } finally {
    sampler.stop();
    observer.kill();
  }
}
