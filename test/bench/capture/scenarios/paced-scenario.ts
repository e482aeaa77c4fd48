import { secondsOf } from '../bench-loads.ts';
import { createPacedHttp } from '../loads/paced-http.ts';
import { measureUndisturbed, type UndisturbedFigures } from '../measure-undisturbed.ts';
import { RunTable } from './run-table.ts';
import type { ScenarioContext, ScenarioFigures } from './scenario.ts';

const SATURATION_SECONDS = 2;
const SHARE_OF_SATURATION = 0.5;

/** Latencies in µs, or what two runs differ by. */
export interface Latencies {
  readonly p50Us: number;
  readonly p99Us: number;
}

/**
 * Latency of HTTP requests at half the rate that saturates the machine. A round is without, with and again without an
 * observer: the middle run is compared with the mean of its neighbours, and these with each other (A/A), which tells
 * how far two runs of the same thing are apart.
 */
export async function runPacedScenario(context: ScenarioContext): Promise<ScenarioFigures> {
  const { stand, options } = context;
  const seconds = secondsOf('paced', options.isQuick);
  const table = new RunTable<UndisturbedFigures>('http-paced', context);
  const saturation = createPacedHttp({ requestsPerSecond: 0, seconds: Math.min(seconds, SATURATION_SECONDS) });
  const saturated = await table.add('none, saturated', () => measureUndisturbed(stand, 'none', saturation));
  if (saturated?.requestsPerSecond === undefined) return table.spreads();
  const requestsPerSecond = Math.round(saturated.requestsPerSecond * SHARE_OF_SATURATION);
  const load = createPacedHttp({ requestsPerSecond, seconds });
  const measure = async (observer: 'none' | 'ebpf', owner: string): Promise<Latencies | undefined> =>
    toLatencies(await table.add(owner, () => measureUndisturbed(stand, observer, load)));
  for (let round = 0; round < options.pairs; round++) {
    const first = await measure('none', 'none');
    const observed = await measure('ebpf', 'ebpf');
    const again = await measure('none', 'none again');
    if (first === undefined || observed === undefined || again === undefined) continue;
    const mean = { p50Us: (first.p50Us + again.p50Us) / 2, p99Us: (first.p99Us + again.p99Us) / 2 };
    table.note('ebpf - none', toDifference(observed, mean));
    table.note('A/A', toDifference(again, first));
  }
  return table.spreads();
}

function toLatencies(run: Partial<Latencies> | undefined): Latencies | undefined {
  const { p50Us, p99Us } = run ?? {};
  return p50Us === undefined || p99Us === undefined ? undefined : { p50Us, p99Us };
}

function toDifference(a: Latencies, b: Latencies): Latencies {
  return { p50Us: a.p50Us - b.p50Us, p99Us: a.p99Us - b.p99Us };
}
