import { findSpread } from './find-spread.ts';
import type { CaptureFigures } from './scenarios/scenario.ts';

/** How many times the CPU time of `ebpf` it takes `cap` to look at the same load. */
export interface CapRatios {
  /** The BPF programs' time counted for `ebpf`; what libpcap's socket costs the kernel is nobody's time and left out. */
  readonly cpu: number;
  /** The processes alone. */
  readonly processCpu: number;
}

/** The ratios for each load under which both were measured. */
export function toCapRatios(figures: CaptureFigures): Partial<Record<'A' | 'B' | 'E', CapRatios>> {
  const ratios: Partial<Record<'A' | 'B' | 'E', CapRatios>> = {};
  for (const load of ['A', 'B', 'E'] as const) {
    const scenario = figures[load] ?? {};
    if (!('cap' in scenario && 'ebpf' in scenario)) continue;
    const ratio = (name: string): number =>
      findSpread(scenario, 'cap', name).median / findSpread(scenario, 'ebpf', name).median;
    ratios[load] = { cpu: ratio('cpuSecondsPerM'), processCpu: ratio('observerCpuSecondsPerM') };
  }
  return ratios;
}
