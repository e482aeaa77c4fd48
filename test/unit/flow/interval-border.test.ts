import { describe, expect, test } from '@jest/globals';
import { FlowTableHarness } from '../../support/flow-table-harness.ts';
import { sent } from '../../support/tcp-deltas.ts';

/** A UDP datagram at a second. */
function datagram(second: number, aPort: number): Parameters<FlowTableHarness['apply']>[0] {
  return { protocol: 17, a: '10.0.0.1', aPort, b: '10.0.0.2', bPort: 53, fromA: sent(second, second) };
}

describe('a flow that begins between the end of an interval and its drain', () => {
  test('is of the next interval, at whichever moment an observer drains', async () => {
    const harness = new FlowTableHarness();
    harness.apply(datagram(9.99, 1_000), datagram(10.02, 2_000));
    expect((await harness.report(10)).map((record) => record.sourcePort)).toEqual([1_000]);
    const next = await harness.report(20);
    expect(next.map((record) => [record.sourcePort, record.sequence, record.packets])).toEqual([[2_000, 0, 1]]);
  });

  test('is told at the end of the observation', async () => {
    const harness = new FlowTableHarness();
    harness.apply(datagram(10.02, 2_000));
    expect(await harness.report(10)).toEqual([]);
    expect((await harness.stop(10.5)).map((record) => record.sourcePort)).toEqual([2_000]);
  });

  test('counts with its interval all the same when it had begun before', async () => {
    const harness = new FlowTableHarness();
    harness.apply(datagram(9, 1_000), datagram(10.02, 1_000));
    expect((await harness.report(10)).map((record) => record.packets)).toEqual([2]);
  });
});
