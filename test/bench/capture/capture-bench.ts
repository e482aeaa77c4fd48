import { PodflowError } from '../../../src/lib/podflow-error.ts';
import type { BenchReport } from '../support/bench-report.ts';
import { readMachine } from '../support/machine.ts';
import { tellProgress } from '../support/progress.ts';
import { ACCOUNTED_LOADS } from './bench-loads.ts';
import { toCapRatios } from './cap-ratios.ts';
import { toCaptureGoals } from './capture-goals.ts';
import { SoftflowdObserver } from './observers/softflowd-observer.ts';
import { parseOptions, type CaptureBenchOptions } from './options.ts';
import { runAccountingScenario } from './scenarios/accounting-scenario.ts';
import { runIdleScenario } from './scenarios/idle-scenario.ts';
import { runPacedScenario } from './scenarios/paced-scenario.ts';
import { runPathScenario } from './scenarios/path-scenario.ts';
import { runSaturatedScenario } from './scenarios/saturated-scenario.ts';
import type { CaptureFigures, ScenarioContext } from './scenarios/scenario.ts';
import { closeTestStand, createTestStand } from './test-stand.ts';

/**
 * Live capture under load: `node test/bench/capture/capture-bench.ts [options]` as root prints one JSON report. Real
 * `podflow probe` processes, libpcap's and Debian's softflowd look at a pod's interface while bounded loads run.
 */
const INTERVAL_MS = 10_000;
const QUICK_INTERVAL_MS = 2_000;

async function runCaptureBench(wanted: CaptureBenchOptions): Promise<BenchReport> {
  const { options, absent } = leaveOutAbsent(wanted);
  const startMs = performance.now();
  const stand = await createTestStand(options.where, options.isQuick ? QUICK_INTERVAL_MS : INTERVAL_MS);
  const context: ScenarioContext = { stand, options, failures: [] };
  const figures = await runScenarios(context);
  closeTestStand(stand);
  const { failures } = context;
  const seconds = Math.round((performance.now() - startMs) / 1e3);
  const notes = { seconds, ...absent, ...(failures.length === 0 ? {} : { failures }) };
  const ratios = toCapRatios(figures);
  const goals = options.observers.has('ebpf') ? toCaptureGoals(figures) : {};
  return {
    name: 'capture',
    machine: readMachine(),
    figures: { ...notes, ...figures, ...(Object.keys(ratios).length === 0 ? {} : { 'cap / ebpf': ratios }) },
    goals,
  };
}

async function runScenarios(context: ScenarioContext): Promise<CaptureFigures> {
  const { scenarios, observers } = context.options;
  const figures: { -readonly [Name in keyof CaptureFigures]: CaptureFigures[Name] } = {};
  if (scenarios.has('idle')) figures.idle = await runIdleScenario(context);
  const idle = figures.idle?.['ebpf']?.['cpuSecondsPerSecond']?.median;
  for (const name of ACCOUNTED_LOADS)
    if (scenarios.has(name)) figures[name] = await runAccountingScenario(name, context, idle);
  if (scenarios.has('path') && observers.has('ebpf')) figures.path = await runPathScenario(context);
  if (scenarios.has('http-saturated')) figures['http-saturated'] = await runSaturatedScenario(context);
  if (scenarios.has('http-paced') && observers.has('ebpf')) figures['http-paced'] = await runPacedScenario(context);
  return figures;
}

/** An observer that was asked for and is not installed is said, and left out. */
function leaveOutAbsent(options: CaptureBenchOptions): { options: CaptureBenchOptions; absent: { absent?: string[] } } {
  if (!options.observers.has('softflowd') || SoftflowdObserver.isInstalled()) return { options, absent: {} };
  tellProgress('softflowd or nfdump is not installed: left out');
  const observers = new Set([...options.observers].filter((name) => name !== 'softflowd'));
  return { options: { ...options, observers }, absent: { absent: ['softflowd'] } };
}

/** What the caller can put right needs no stack. */
function toErrorText(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const isUsage = error instanceof RangeError || ('code' in error && String(error.code).startsWith('ERR_PARSE_ARGS'));
  return isUsage || error instanceof PodflowError ? error.message : (error.stack ?? error.message);
}

try {
  const report = await runCaptureBench(parseOptions(process.argv.slice(2)));
  process.stdout.write(`${JSON.stringify(report)}\n`);
  process.exit(0);
} catch (error) {
  process.stderr.write(`${toErrorText(error)}\n`);
  process.exit(1);
}
