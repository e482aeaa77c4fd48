import type { Spread } from '../support/spread.ts';
import type { ScenarioFigures } from './scenarios/scenario.ts';

const NOT_MEASURED: Spread = { median: NaN, min: NaN, max: NaN, runs: 0 };

/** A figure of a scenario by its owner and name; NaN where it was not measured. */
export function findSpread(scenario: ScenarioFigures, owner: string, name: string): Spread {
  return scenario[owner]?.[name] ?? NOT_MEASURED;
}
