import { secondsOf } from '../bench-loads.ts';
import { createWrkLoad } from '../loads/wrk-load.ts';
import { measureUndisturbed, type UndisturbedFigures } from '../measure-undisturbed.ts';
import { RunTable } from './run-table.ts';
import type { ScenarioContext, ScenarioFigures } from './scenario.ts';

const FIRST_ROUND = ['none', 'ebpf', 'cap', 'softflowd'] as const;
const EVEN_ROUNDS = ['none', 'ebpf'] as const;
const ODD_ROUNDS = ['ebpf', 'none'] as const;

/** HTTP requests a second that both cores can do, against what they do without an observer in the same round. */
export async function runSaturatedScenario(context: ScenarioContext): Promise<ScenarioFigures> {
  const { stand, options } = context;
  const load = createWrkLoad({ connection: 'keep-alive', seconds: secondsOf('saturated', options.isQuick) });
  const table = new RunTable<UndisturbedFigures>('http-saturated', context);
  for (let round = 0; round < options.pairs; round++) {
    const rates = new Map<string, number>();
    for (const observer of round === 0 ? FIRST_ROUND : round % 2 === 0 ? EVEN_ROUNDS : ODD_ROUNDS) {
      if (observer !== 'none' && !options.observers.has(observer)) continue;
      const run = await table.add(observer, () => measureUndisturbed(stand, observer, load));
      if (run?.requestsPerSecond !== undefined) rates.set(observer, run.requestsPerSecond);
    }
    const without = rates.get('none');
    rates.delete('none');
    if (without === undefined) continue;
    for (const [observer, rate] of rates) table.note(`${observer} / none`, { requestsRatio: rate / without });
  }
  return table.spreads();
}
