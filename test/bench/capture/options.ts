import { parseArgs } from 'node:util';
import type { ObservedEnd } from './node-network.ts';
import { OBSERVER_NAMES, type ObserverName } from './observers/observer.ts';

export const SCENARIO_NAMES = ['idle', 'A', 'B', 'E', 'unpaced', 'path', 'http-saturated', 'http-paced'] as const;
export type ScenarioName = (typeof SCENARIO_NAMES)[number];

export interface CaptureBenchOptions {
  readonly scenarios: ReadonlySet<ScenarioName>;
  readonly observers: ReadonlySet<ObserverName>;
  readonly where: ObservedEnd;
  /** Runs of each load under `ebpf`; the observers it is compared with run in the first round only. */
  readonly rounds: number;
  /** Pairs of runs with and without it, where the load itself is measured. */
  readonly pairs: number;
  /** Seconds instead of minutes, for a look whether all works: its figures mean little. */
  readonly isQuick: boolean;
}

const ROUNDS = 3;
const PAIRS = 5;

/**
 * Parses `[--rounds N] [--quick] [--only A,B,…] [--observers none,ebpf,…] [--where node|pod]`.
 * @throws an error that says which value is wrong
 */
export function parseOptions(args: readonly string[]): CaptureBenchOptions {
  const { values } = parseArgs({
    args: [...args],
    options: {
      rounds: { type: 'string' },
      quick: { type: 'boolean', default: false },
      only: { type: 'string', default: SCENARIO_NAMES.join(',') },
      observers: { type: 'string', default: OBSERVER_NAMES.join(',') },
      where: { type: 'string', default: 'node' },
    },
  });
  const rounds = values.rounds === undefined ? undefined : parseCount('--rounds', values.rounds);
  return {
    scenarios: parseList('--only', values.only, SCENARIO_NAMES),
    observers: parseList('--observers', values.observers, OBSERVER_NAMES),
    where: [...parseList('--where', values.where, ['node', 'pod'] as const)][0] ?? 'node',
    rounds: rounds ?? (values.quick ? 1 : ROUNDS),
    pairs: rounds ?? (values.quick ? 1 : PAIRS),
    isQuick: values.quick,
  };
}

function parseCount(flag: string, text: string): number {
  if (/^[1-9]\d?$/.test(text)) return Number(text);
  throw new RangeError(`${flag} takes a number from 1 to 99, not "${text}"`);
}

function parseList<Name extends string>(flag: string, text: string, known: readonly Name[]): ReadonlySet<Name> {
  const names = text.split(',').map((word) => known.find((name) => name.toLowerCase() === word.toLowerCase()));
  if (names.includes(undefined)) throw new RangeError(`${flag} takes names out of ${known.join(',')}, not "${text}"`);
  return new Set(names.filter((name) => name !== undefined));
}
