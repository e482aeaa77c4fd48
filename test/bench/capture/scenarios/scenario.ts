import type { Spread } from '../../support/spread.ts';
import type { CaptureBenchOptions, ScenarioName } from '../options.ts';
import type { TestStand } from '../test-stand.ts';

/** Figures by observer (or by the difference of two), then by name. */
export type ScenarioFigures = Readonly<Record<string, Readonly<Record<string, Spread>>>>;

/** The figures of the scenarios that were run. */
export type CaptureFigures = Readonly<Partial<Record<ScenarioName, ScenarioFigures>>>;

export interface ScenarioContext {
  readonly stand: TestStand;
  readonly options: CaptureBenchOptions;
  /** Runs that failed are told here, and the bench goes on. */
  readonly failures: string[];
}
