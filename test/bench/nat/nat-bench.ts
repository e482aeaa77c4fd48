import { parseArgs } from 'node:util';
import type { BenchReport } from '../support/bench-report.ts';
import { readMachine } from '../support/machine.ts';
import { measureConntrack } from './measure-conntrack.ts';
import { measureOtlpDecode } from './otlp-decode.ts';

/**
 * What the node role's translation costs: `node test/bench/nat/nat-bench.ts [--seconds N] [--rounds N]` as root prints
 * one JSON report. The decoder goes first, while the heap is small.
 */
async function runNatBench({ seconds, rounds }: { seconds: number; rounds: number }): Promise<BenchReport> {
  const decode = await measureOtlpDecode({ rounds });
  const conntrack = await measureConntrack({ seconds, rounds });
  return {
    name: 'nat',
    machine: readMachine(),
    figures: { conntrack: conntrack.figures, otlp: decode.figures },
    goals: { ...conntrack.goals, ...decode.goals },
  };
}

const { values } = parseArgs({
  options: {
    seconds: { type: 'string', default: '30' },
    rounds: { type: 'string', default: '5' },
    quick: { type: 'boolean', default: false },
  },
});
const report = await runNatBench(
  values.quick ? { seconds: 3, rounds: 1 } : { seconds: Number(values.seconds), rounds: Number(values.rounds) },
);
process.stdout.write(`${JSON.stringify(report)}\n`);
process.exit(0);
