import { atLeast, atMost, type Goal } from '../support/goal.ts';
import { toCapRatios } from './cap-ratios.ts';
import { findSpread } from './find-spread.ts';
import { WARM_OBSERVER } from './scenarios/accounting-scenario.ts';
import type { CaptureFigures, ScenarioFigures } from './scenarios/scenario.ts';

type Goals = Record<string, Goal>;

/** CPU seconds for a million frames, observer and its BPF programs together. */
const CPU_BARS = { A: 0.35, B: 1.2, E: 0.4 } as const;
const ANONYMOUS_MIB_BARS = { A: 32, B: 60 } as const;
const CAP_RATIO_BAR = 5;
const PATH_US_BAR = 0.2;
const SATURATED_RATIO_BAR = 0.9;
const RECORD_US_BAR = 6;

/** The goals of the scenarios that were run; what could not be measured there has no number and is not met. */
export function toCaptureGoals(figures: CaptureFigures): Goals {
  const goals: Goals = {
    ...toAccountedGoals(figures),
    ...toCpuGoals(figures),
    ...toMemoryGoals(figures),
    ...toCapGoals(figures),
  };
  const { path, 'http-saturated': saturated, 'http-paced': paced } = figures;
  if (path !== undefined)
    goals['pathUsAboveNone'] = atMost(PATH_US_BAR, findSpread(path, 'ebpf - none', 'pathUsPerFrame').median);
  if (saturated !== undefined)
    goals['saturatedRatio'] = atLeast(
      SATURATED_RATIO_BAR,
      findSpread(saturated, 'ebpf / none', 'requestsRatio').median,
    );
  return { ...goals, ...(paced === undefined ? {} : toPacedGoals(paced)) };
}

/** Every frame, in the worst run. */
function toAccountedGoals(figures: CaptureFigures): Goals {
  const goals: Goals = {};
  for (const load of ['A', 'B', 'E', 'unpaced'] as const) {
    const scenario = figures[load];
    if (scenario === undefined) continue;
    const key = load === 'unpaced' ? 'accountedPercentUnpaced' : `accountedPercent${load}`;
    goals[key] = atLeast(100, findSpread(scenario, 'ebpf', 'accountedPercent').min);
  }
  return goals;
}

function toCpuGoals({ A, B, E, idle }: CaptureFigures): Goals {
  const goals: Goals = {};
  for (const [load, scenario] of Object.entries({ A, B, E }) as ['A' | 'B' | 'E', ScenarioFigures | undefined][])
    if (scenario !== undefined)
      goals[`cpuSecondsPerM${load}`] = atMost(CPU_BARS[load], findSpread(scenario, 'ebpf', 'cpuSecondsPerM').median);
  // Without the idle observer's cost there is nothing to take off.
  if (B !== undefined && idle !== undefined)
    goals['cpuUsPerRecord'] = atMost(RECORD_US_BAR, findSpread(B, WARM_OBSERVER, 'cpuUsPerRecord').median);
  return goals;
}

function toMemoryGoals({ A, B }: CaptureFigures): Goals {
  const goals: Goals = {};
  for (const [load, scenario] of Object.entries({ A, B }) as ['A' | 'B', ScenarioFigures | undefined][])
    if (scenario !== undefined)
      goals[`rssAnonMib${load}`] = atMost(ANONYMOUS_MIB_BARS[load], findSpread(scenario, 'ebpf', 'rssAnonMib').median);
  return goals;
}

function toCapGoals(figures: CaptureFigures): Goals {
  const ratios = Object.entries(toCapRatios(figures));
  return Object.fromEntries(ratios.map(([load, { cpu }]) => [`capCpuRatio${load}`, atLeast(CAP_RATIO_BAR, cpu)]));
}

/** Unchanged: what the observer adds is no more than what two runs without one differ by. */
function toPacedGoals(paced: ScenarioFigures): Goals {
  const added = (name: string): Goal => {
    const { min, max } = findSpread(paced, 'A/A', name);
    return atMost(Math.max(Math.abs(min), Math.abs(max)), findSpread(paced, 'ebpf - none', name).median);
  };
  return { pacedP50UsAboveNone: added('p50Us'), pacedP99UsAboveNone: added('p99Us') };
}
