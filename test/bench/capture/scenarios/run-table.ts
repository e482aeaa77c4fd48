import { toNumberText } from '../../support/number-text.ts';
import { toSpreads } from '../../support/spread.ts';
import { tellProgress } from '../../support/progress.ts';
import type { ScenarioContext, ScenarioFigures } from './scenario.ts';

/** Figures that progress lines tell, with their units. */
const TOLD: Readonly<Record<string, string>> = {
  accountedPercent: '% accounted',
  observerCpuSecondsPerM: 'observer CPU-s/M',
  bpfCpuSecondsPerM: 'BPF CPU-s/M',
  rssAnonMib: 'MiB anonymous',
  framesPerSecond: 'frames/s',
  pathUsPerFrame: 'path µs/frame',
  requestsPerSecond: 'requests/s',
  p50Us: 'p50 µs',
  p99Us: 'p99 µs',
  requestsRatio: 'of the requests',
  cpuSecondsPerSecond: 'CPU-s/s',
};

/** Collects the runs of a scenario by observer, tells of each as it comes, and notes those that fail. */
export class RunTable<Figures extends object> {
  readonly #name: string;
  readonly #failures: string[];
  readonly #runs = new Map<string, object[]>();

  constructor(name: string, { failures }: Pick<ScenarioContext, 'failures'>) {
    this.#name = name;
    this.#failures = failures;
  }

  /** Runs one measurement; undefined when it failed. */
  async add(owner: string, measure: () => Promise<Figures>): Promise<Figures | undefined> {
    try {
      const figures = await measure();
      this.note(owner, figures);
      return figures;
    } catch (error) {
      const failure = `${this.#name} ${owner}: ${error instanceof Error ? error.message : String(error)}`;
      this.#failures.push(failure);
      tellProgress(`FAILED ${failure}`);
      return undefined;
    }
  }

  /** Notes figures that are known: of a run, or derived from several. */
  note(owner: string, figures: object): void {
    this.#runs.set(owner, [...(this.#runs.get(owner) ?? []), figures]);
    tellProgress(`${this.#name} ${owner}: ${toText(figures)}`);
  }

  spreads(): ScenarioFigures {
    return Object.fromEntries([...this.#runs].map(([owner, runs]) => [owner, toSpreads(runs)]));
  }
}

function toText(figures: object): string {
  const told = Object.entries(figures).filter(([name]) => name in TOLD) as [string, number][];
  return told.map(([name, value]) => `${toNumberText(value)} ${TOLD[name]}`).join(', ');
}
