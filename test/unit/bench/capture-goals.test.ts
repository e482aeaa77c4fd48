import { describe, expect, test } from '@jest/globals';
import { toCaptureGoals } from '../../bench/capture/capture-goals.ts';
import type { ScenarioFigures } from '../../bench/capture/scenarios/scenario.ts';
import { toSpread } from '../../bench/support/spread.ts';

function scenario(figures: Record<string, Record<string, readonly number[]>>): ScenarioFigures {
  const toSpreads = (row: Record<string, readonly number[]>) =>
    Object.fromEntries(Object.entries(row).map(([name, values]) => [name, toSpread(values)]));
  return Object.fromEntries(Object.entries(figures).map(([owner, row]) => [owner, toSpreads(row)]));
}

describe('toCaptureGoals', () => {
  test('has a goal for what was run only', () => {
    expect(toCaptureGoals({})).toEqual({});
    const unpaced = scenario({ ebpf: { accountedPercent: [100] } });
    expect(toCaptureGoals({ unpaced })).toEqual({ accountedPercentUnpaced: { atLeast: 100, value: 100, met: true } });
  });

  test('one run that misses a frame misses the goal', () => {
    const unpaced = scenario({ ebpf: { accountedPercent: [100, 100, 99.9999] } });
    expect(toCaptureGoals({ unpaced })['accountedPercentUnpaced']).toMatchObject({ value: 99.9999, met: false });
  });

  test('takes the medians of CPU and memory and compares with cap', () => {
    const A = scenario({
      ebpf: { accountedPercent: [100], cpuSecondsPerM: [0.3, 0.34, 2], rssAnonMib: [31, 31.5, 33] },
      cap: { cpuSecondsPerM: [1.6] },
    });
    expect(toCaptureGoals({ A })).toEqual({
      accountedPercentA: { atLeast: 100, value: 100, met: true },
      cpuSecondsPerMA: { atMost: 0.35, value: 0.34, met: true },
      rssAnonMibA: { atMost: 32, value: 31.5, met: true },
      capCpuRatioA: { atLeast: 5, value: 1.6 / 0.34, met: false },
    });
  });

  test('judges the cost of a record only where the idle cost is known', () => {
    const B = scenario({ 'ebpf, warm': { cpuUsPerRecord: [5.5] } });
    expect(toCaptureGoals({ B })).not.toHaveProperty('cpuUsPerRecord');
    const idle = scenario({ ebpf: { cpuSecondsPerSecond: [0.005] } });
    expect(toCaptureGoals({ B, idle })['cpuUsPerRecord']).toEqual({ atMost: 6, value: 5.5, met: true });
  });

  test('a scenario that failed meets nothing', () => {
    const goals = toCaptureGoals({ path: {}, 'http-saturated': {}, B: {} });
    expect(Object.keys(goals)).toEqual([
      'accountedPercentB',
      'cpuSecondsPerMB',
      'rssAnonMibB',
      'pathUsAboveNone',
      'saturatedRatio',
    ]);
    for (const goal of Object.values(goals)) expect(goal).toMatchObject({ value: NaN, met: false });
  });

  test('latency is unchanged while it differs no more than runs without an observer do', () => {
    const paced = (added: number): ScenarioFigures =>
      scenario({ 'ebpf - none': { p50Us: [added], p99Us: [-3] }, 'A/A': { p50Us: [-4, 1, 2], p99Us: [0, 1] } });
    expect(toCaptureGoals({ 'http-paced': paced(4) })).toEqual({
      pacedP50UsAboveNone: { atMost: 4, value: 4, met: true },
      pacedP99UsAboveNone: { atMost: 1, value: -3, met: true },
    });
    expect(toCaptureGoals({ 'http-paced': paced(4.1) })['pacedP50UsAboveNone']).toMatchObject({ met: false });
  });
});
