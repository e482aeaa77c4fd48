import { describe, expect, test } from '@jest/globals';
import { OpenInterval } from '../../../src/flow/open-interval.ts';
import { epochNs } from '../../support/flow-table-harness.ts';

function at(closedSeconds: number | undefined, seconds: number): [number, number] {
  const interval = new OpenInterval(10_000);
  if (closedSeconds !== undefined) interval.close(epochNs(closedSeconds));
  const { startNs, endNs } = interval.at(epochNs(seconds));
  return [(startNs - epochNs(0)) / 1e9, (endNs - epochNs(0)) / 1e9];
}

describe('the open interval', () => {
  test.each([
    ['before any report, aligned to the wall clock', undefined, 7, [0, 10]],
    ['before any report, at a border: the one that ends there', undefined, 10, [0, 10]],
    ['after a report', 10, 12, [10, 20]],
    ['when its own report is late', 10, 20.5, [10, 20]],
    ['for what was seen just before the last report', 10, 9.99, [10, 20]],
    ['after a gap', 10, 47, [40, 50]],
    ['after a step back', 100, 7, [0, 10]],
  ])('%s', (_name, closed, seconds, expected) => {
    expect(at(closed, seconds)).toEqual(expected);
  });
});
