import { describe, expect, test } from '@jest/globals';
import type { DeltaSpec } from '../../support/delta-builder.ts';
import { epochNs, FlowTableHarness } from '../../support/flow-table-harness.ts';
import { sent, tcp } from '../../support/tcp-deltas.ts';

function dns(at: number, toSeconds = at): DeltaSpec {
  return { protocol: 17, a: '10.0.0.1', aPort: 50_000, b: '10.0.0.2', bPort: 53, fromA: sent(at, toSeconds) };
}

describe('timeouts', () => {
  test('a flow without packets reports nothing and ends silently', async () => {
    const harness = new FlowTableHarness();
    harness.apply(dns(9));
    expect(await harness.report(10)).toMatchObject([{ event: 'start' }]);
    expect(await harness.report(20)).toEqual([]);
    expect(harness.table.counters().activeFlows).toBe(1);
    expect(await harness.report(30)).toEqual([]);
    expect(harness.table.counters()).toMatchObject({ activeFlows: 0, endedByReason: { idle_timeout: 1 } });
  });

  test('the next packet after a silent end is a new flow', async () => {
    const harness = new FlowTableHarness();
    harness.apply(dns(1));
    await harness.report(10);
    await harness.report(20);
    harness.apply(dns(21));
    expect(await harness.report(30)).toMatchObject([{ flowId: 'test-1', event: 'start', sequence: 0 }]);
  });

  test('idle_timeout is told when it falls due among unreported packets', async () => {
    const harness = new FlowTableHarness({ idleTimeoutMs: 3_000 });
    harness.apply(dns(1), { ...dns(8), aPort: 50_001 });
    expect(await harness.report(10)).toMatchObject([
      { event: 'end', endReason: 'idle_timeout' },
      { event: 'start', endReason: undefined },
    ]);
    expect(harness.table.counters().activeFlows).toBe(1);
  });

  test('a flow beyond the active timeout ends and goes on as a new one with the same orientation', async () => {
    const harness = new FlowTableHarness({ activeTimeoutMs: 25_000 });
    harness.apply(tcp.opened(1));
    await harness.report(10);
    harness.apply(tcp.data(15));
    await harness.report(20);
    harness.apply(tcp.data(25));
    expect(await harness.report(30)).toMatchObject([
      { flowId: 'test-0', event: 'end', endReason: 'active_timeout', sequence: 2 },
    ]);
    harness.apply(tcp.data(35));
    expect(await harness.report(40)).toMatchObject([
      { flowId: 'test-1', event: 'start', sequence: 0, initiator: 'syn', sourceAddress: tcp.pair.a },
    ]);
    harness.apply(tcp.data(45));
    expect(await harness.report(50)).toMatchObject([{ flowId: 'test-1', event: 'update' }]);
    harness.apply(tcp.data(52));
    expect(await harness.report(60)).toMatchObject([{ flowId: 'test-1', endReason: 'active_timeout', sequence: 2 }]);
    const { startedFlows, activeFlows, endedByReason } = harness.table.counters();
    expect([startedFlows, activeFlows, endedByReason.active_timeout]).toEqual([3, 1, 2]);
  });

  test('the active timeout waits for a packet: nothing is told of a quiet flow', async () => {
    const harness = new FlowTableHarness({ activeTimeoutMs: 15_000, idleTimeoutMs: 60_000 });
    harness.apply(dns(1));
    await harness.report(10);
    expect(await harness.report(20)).toEqual([]);
    expect(harness.table.counters()).toMatchObject({ startedFlows: 1, endedByReason: { active_timeout: 0 } });
    harness.apply(dns(25));
    expect(await harness.report(30)).toMatchObject([{ flowId: 'test-0', endReason: 'active_timeout', sequence: 1 }]);
  });

  test('stop ends every flow; only those with packets are told', async () => {
    const harness = new FlowTableHarness();
    harness.apply(dns(1));
    await harness.report(10);
    harness.apply(tcp.opened(11), { ...tcp.short(12), aPort: 1 });
    const records = await harness.stop(13);
    expect(records).toMatchObject([
      { event: 'end', endReason: 'forced_end', intervalStartNs: epochNs(10), intervalEndNs: epochNs(20) },
      { event: 'end', endReason: 'end_of_flow_detected' },
    ]);
    expect(harness.table.counters()).toMatchObject({
      activeFlows: 0,
      endedByReason: { forced_end: 2, end_of_flow_detected: 1 },
    });
    expect(await harness.stop(14)).toEqual([]);
  });

  test('stop waits for a report that is under way', async () => {
    const harness = new FlowTableHarness();
    harness.apply(...Array.from({ length: 2_000 }, (_, i) => ({ ...dns(1), aPort: 1_024 + i })));
    const report = harness.table.report(epochNs(0), epochNs(10));
    await harness.stop(11);
    await report;
    expect(harness.records).toHaveLength(2_000);
    expect(harness.records.every((record) => record.event === 'start')).toBe(true);
    expect(harness.table.counters().activeFlows).toBe(0);
  });
});

describe('steps of the clock', () => {
  test.each([
    ['back an hour', -3_600e9],
    ['forward an hour', 3_600e9],
    ['back ten years', -315_360_000e9],
  ])('%s: the flow goes on, and its times follow', async (_name, stepNs) => {
    const harness = new FlowTableHarness();
    harness.apply(tcp.opened(1));
    await harness.report(10);
    harness.stepNs = stepNs;
    harness.apply(tcp.data(11));
    expect(await harness.report(20)).toMatchObject([
      { flowId: 'test-0', event: 'update', sequence: 1, startNs: epochNs(11) + stepNs },
    ]);
  });

  test.each([-3_600e9, 3_600e9])('by %d ns while nothing comes: quiet flows are freed, none stays', async (stepNs) => {
    const harness = new FlowTableHarness();
    harness.apply(dns(1), tcp.opened(1));
    await harness.report(10);
    harness.stepNs = stepNs;
    expect(await harness.report(20)).toEqual([]);
    expect(harness.table.counters().activeFlows).toBe(0);
  });

  test('packet times that jump back give intervals with start before end', async () => {
    const harness = new FlowTableHarness();
    harness.apply(dns(100, 105));
    await harness.report(110);
    harness.apply(dns(2, 3));
    const [record] = await harness.report(10);
    expect(record).toMatchObject({ startNs: epochNs(2), event: 'update' });
    expect(record?.endNs).toBeCloseTo(epochNs(3), -4);
  });

  test('packets from the far future do not keep a flow for ever', async () => {
    const harness = new FlowTableHarness();
    harness.apply(dns(1e9));
    expect(await harness.report(10)).toHaveLength(1);
    await harness.report(20);
    expect(harness.table.counters().activeFlows).toBe(0);
  });
});
