import { describe, expect, test } from '@jest/globals';
import { toAccountedPercent } from '../../bench/capture/accounted-percent.ts';
import { toAccountingFigures, type Reading } from '../../bench/capture/accounting-figures.ts';
import { parseNfdump } from '../../bench/capture/observers/parse-nfdump.ts';
import { toRecordCost } from '../../bench/capture/scenarios/accounting-scenario.ts';

describe('toAccountedPercent', () => {
  test('is 100 for every frame only', () => {
    expect(toAccountedPercent(3_000_000, 3_000_000)).toBe(100);
    expect(toAccountedPercent(2_999_999_999, 3_000_000_000)).toBeLessThan(100);
    expect(toAccountedPercent(3_000_000_001, 3_000_000_000)).toBeLessThan(100);
  });

  test('is the share that was told', () => {
    expect(toAccountedPercent(836, 1_000)).toBeCloseTo(83.6, 10);
  });
});

const MIB = 2 ** 20;
const READING: Reading = {
  timeMs: 1_000,
  frames: 500,
  cpuSeconds: 2,
  bpf: { runTimeNs: 1_000, runCount: 10 },
  received: { requests: 5, bytes: 700 },
};

describe('toAccountingFigures', () => {
  const account = { frames: 2_000_000, attributedFrames: 1_000_000, missedFrames: 0, records: 4_000 };
  const peak = { anonymous: 30 * MIB, resident: 80 * MIB, kernelMaps: 4 * MIB };
  const result = { seconds: 20 };
  const after: Reading = {
    timeMs: 23_000,
    frames: 2_000_500,
    cpuSeconds: 2.5,
    bpf: { runTimeNs: 400_001_000, runCount: 2_000_010 },
    received: { requests: 9, bytes: 280_700 },
  };

  test('counts from before the load to after its last report, for a million frames', () => {
    expect(toAccountingFigures({ before: READING, after, result, account, peak })).toEqual({
      frames: 2_000_000,
      framesPerSecond: 100_000,
      accountedPercent: 100,
      attributedPercent: 50,
      missedPercent: 0,
      observerCpuSecondsPerM: 0.25,
      bpfCpuSecondsPerM: 0.2,
      cpuSecondsPerM: 0.45,
      bpfNsPerRun: 200,
      rssAnonMib: 30,
      vmRssMib: 80,
      kernelMapsMib: 4,
      records: 4_000,
      otlpRequests: 4,
      otlpBytesPerRecord: 70,
      observerCpuSeconds: 0.5,
      windowSeconds: 22,
    });
  });

  test('tells nothing of BPF, maps and OTLP where there are none', () => {
    const quiet = { ...after, bpf: READING.bpf, received: READING.received };
    const figures = toAccountingFigures({
      before: READING,
      after: quiet,
      result,
      account,
      peak: { ...peak, kernelMaps: 0 },
    });
    expect(figures).toMatchObject({ cpuSecondsPerM: 0.25 });
    for (const name of ['bpfCpuSecondsPerM', 'bpfNsPerRun', 'kernelMapsMib', 'otlpRequests', 'otlpBytesPerRecord'])
      expect(figures).not.toHaveProperty(name);
  });
});

describe('toRecordCost', () => {
  const account = { frames: 1, attributedFrames: 1, records: 50_000 };
  const after = { ...READING, timeMs: 11_000, cpuSeconds: 2.35 };
  const peak = { anonymous: 0, resident: 0, kernelMaps: 0 };
  const figures = toAccountingFigures({ before: READING, after, result: { seconds: 8 }, account, peak });

  test('takes off what the observer needs when idle', () => {
    expect(toRecordCost(figures, 0.005).cpuUsPerRecord).toBeCloseTo(6, 10);
  });

  test('is not told without an idle figure or from few records', () => {
    expect(toRecordCost(figures, undefined)).toEqual({});
    expect(toRecordCost({ ...figures, records: 4_000 }, 0.005)).toEqual({});
  });
});

describe('parseNfdump', () => {
  test('adds up a line for each record and passes over what is none', () => {
    expect(parseNfdump('     1500    138000 \n  37 3404\nNo matched flows\n')).toEqual({
      frames: 1_537,
      attributedFrames: 1_537,
      records: 2,
    });
  });
});
