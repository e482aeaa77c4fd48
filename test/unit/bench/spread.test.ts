import { describe, expect, test } from '@jest/globals';
import { toSpread, toSpreads } from '../../bench/support/spread.ts';

describe('toSpread', () => {
  test('takes the middle one of an odd number, whatever their order', () => {
    expect(toSpread([9, -1, 100])).toEqual({ median: 9, min: -1, max: 100, runs: 3 });
  });

  test('takes the mean of the middle two of an even number', () => {
    expect(toSpread([4, 1, 2, 90])).toEqual({ median: 3, min: 1, max: 90, runs: 4 });
  });

  test('has no number without a run', () => {
    expect(toSpread([])).toEqual({ median: NaN, min: NaN, max: NaN, runs: 0 });
  });

  test('does not change what it was given', () => {
    const values = [3, 1, 2];
    toSpread(values);
    expect(values).toEqual([3, 1, 2]);
  });
});

describe('toSpreads', () => {
  test('tells each figure over the runs that have it', () => {
    const spreads = toSpreads([{ cpu: 1, bpf: 5 }, { cpu: 3 }, { cpu: 2, note: 'text' }]);
    expect(spreads).toEqual({
      cpu: { median: 2, min: 1, max: 3, runs: 3 },
      bpf: { median: 5, min: 5, max: 5, runs: 1 },
    });
  });
});
