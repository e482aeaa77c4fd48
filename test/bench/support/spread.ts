/** What several runs of one measurement gave. */
export interface Spread {
  readonly median: number;
  readonly min: number;
  readonly max: number;
  readonly runs: number;
}

const DECIMALS = 4;

/** Median (mean of the two middle values when they are even in number), least and greatest; NaN without a value. */
export function toSpread(values: readonly number[]): Spread {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = (sorted.length - 1) / 2;
  const median = ((sorted[Math.floor(middle)] ?? NaN) + (sorted[Math.ceil(middle)] ?? NaN)) / 2;
  return {
    median: rounded(median),
    min: rounded(sorted[0] ?? NaN),
    max: rounded(sorted.at(-1) ?? NaN),
    runs: values.length,
  };
}

function rounded(value: number): number {
  return Number(value.toFixed(DECIMALS));
}

/** The spread of each named figure over all runs that have it. */
export function toSpreads(runs: readonly object[]): Record<string, Spread> {
  const values = new Map<string, number[]>();
  for (const run of runs)
    for (const [name, value] of Object.entries(run) as [string, unknown][])
      if (typeof value === 'number') values.set(name, [...(values.get(name) ?? []), value]);
  return Object.fromEntries([...values].map(([name, list]) => [name, toSpread(list)]));
}
