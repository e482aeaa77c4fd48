import { createAccountedLoad, type AccountedLoadName } from '../bench-loads.ts';
import { measureAccounting } from '../measure-accounting.ts';
import type { AccountingFigures } from '../accounting-figures.ts';
import { RunTable } from './run-table.ts';
import type { ScenarioContext, ScenarioFigures } from './scenario.ts';

export interface RecordCost {
  /** CPU time of the observer from the drain to the sent record, the idle observer's taken off. */
  readonly cpuUsPerRecord?: number;
}

/** The run of `ebpf` that has gone through its load some times before. */
export const WARM_OBSERVER = 'ebpf, warm';

/** Below this a record's cost is lost in what an idle observer needs. */
const MIN_RECORDS = 10_000;

/**
 * A load under each observer, interleaved. Those that podflow is compared with run in the first round only.
 * @param idleCpuPerSecond what an idle `ebpf` needs, where that was measured
 */
export async function runAccountingScenario(
  name: AccountedLoadName,
  context: ScenarioContext,
  idleCpuPerSecond: number | undefined,
): Promise<ScenarioFigures> {
  const { stand, options } = context;
  const load = createAccountedLoad(name, options.isQuick);
  const table = new RunTable<AccountingFigures & RecordCost>(name, context);
  for (let round = 0; round < options.rounds; round++)
    for (const observer of ['ebpf', 'cap', 'softflowd'] as const) {
      if (!options.observers.has(observer) || (observer !== 'ebpf' && (round > 0 || name === 'unpaced'))) continue;
      await table.add(observer, () => measureAccounting(stand, observer, load));
      // What a record costs is told by a process that has run for a while: a new one compiles its code meanwhile.
      if (observer !== 'ebpf' || name !== 'B' || round > 1) continue;
      await table.add(WARM_OBSERVER, async () => {
        const figures = await measureAccounting(stand, observer, load, true);
        return { ...figures, ...toRecordCost(figures, idleCpuPerSecond) };
      });
    }
  return table.spreads();
}

export function toRecordCost(
  { observerCpuSeconds, windowSeconds, records }: AccountingFigures,
  idleCpuPerSecond: number | undefined,
): RecordCost {
  if (idleCpuPerSecond === undefined || records < MIN_RECORDS) return {};
  return { cpuUsPerRecord: ((observerCpuSeconds - idleCpuPerSecond * windowSeconds) / records) * 1e6 };
}
