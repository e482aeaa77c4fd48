import { createAccountedLoad } from '../bench-loads.ts';
import { measureUndisturbed, type UndisturbedFigures } from '../measure-undisturbed.ts';
import { RunTable } from './run-table.ts';
import type { ScenarioContext, ScenarioFigures } from './scenario.ts';

/**
 * What observation costs sender and receiver for each frame of an unpaced flood, in pairs of runs without and with it.
 * Every other pair is run the other way round, so that a drift of the machine takes no side.
 */
export async function runPathScenario(context: ScenarioContext): Promise<ScenarioFigures> {
  const { stand, options } = context;
  const load = createAccountedLoad('unpaced', options.isQuick);
  const table = new RunTable<UndisturbedFigures>('path', context);
  for (let pair = 0; pair < options.pairs; pair++) {
    const paths: Record<string, number | undefined> = {};
    for (const observer of pair % 2 === 0 ? (['none', 'ebpf'] as const) : (['ebpf', 'none'] as const))
      paths[observer] = (await table.add(observer, () => measureUndisturbed(stand, observer, load)))?.pathUsPerFrame;
    const { none, ebpf } = paths;
    if (none === undefined || ebpf === undefined) continue;
    table.note('ebpf - none', { pathUsPerFrame: ebpf - none });
  }
  return table.spreads();
}
