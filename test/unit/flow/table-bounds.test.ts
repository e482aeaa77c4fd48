import { describe, expect, test } from '@jest/globals';
import type { DeltaSpec } from '../../support/delta-builder.ts';
import { FlowDeltaLoad } from '../../support/flow-delta-load.ts';
import { epochNs, FlowTableHarness } from '../../support/flow-table-harness.ts';
import { sent } from '../../support/tcp-deltas.ts';

function flow(n: number, at: number, frames = 1): DeltaSpec {
  const a = `10.${(n >> 16) & 255}.${(n >> 8) & 255}.${n & 255}`;
  return { protocol: 17, a, aPort: 50_000, b: '10.255.0.1', bPort: 53, fromA: sent(at, at, { frames }) };
}

function flows(from: number, to: number, at: number, frames = 1): DeltaSpec[] {
  return Array.from({ length: to - from }, (_, i) => flow(from + i, at, frames));
}

describe('a full table', () => {
  test('refuses what finds no row, and counts its frames', () => {
    const harness = new FlowTableHarness({ maxFlows: 100 });
    harness.apply(...flows(0, 130, 1, 2));
    harness.apply(flow(129, 2, 5), flow(3, 2, 7));
    expect(harness.table.counters()).toMatchObject({
      activeFlows: 100,
      startedFlows: 100,
      tableFullFlows: 31,
      tableFullFrames: 65,
      tableFullBytes: 6_500,
      evictedFlows: 0,
    });
    expect(harness.table.account()).toEqual({ framesIn: 272, framesReported: 0, framesHeld: 207, framesTableFull: 65 });
  });

  test('above three quarters, reported flows without new packets make room', async () => {
    const harness = new FlowTableHarness({ maxFlows: 100 });
    harness.apply(...flows(0, 75, 1));
    await harness.report(10);
    harness.apply(...flows(0, 10, 11));
    harness.apply(...flows(100, 110, 11));
    // Ten came, ten of the 65 settled ones went.
    expect(harness.table.counters()).toMatchObject({ activeFlows: 75, evictedFlows: 10, tableFullFlows: 0 });
    harness.apply(...flows(200, 300, 12));
    expect(harness.table.counters()).toMatchObject({ activeFlows: 100, evictedFlows: 65, tableFullFlows: 20 });
    const records = await harness.report(20);
    expect(records).toHaveLength(100);
    // None of those with new packets was lost: they go on under their ids.
    const kept = records.filter((record) => record.sequence === 1).map((record) => record.sourceAddress);
    expect(kept).toHaveLength(10);
    expect(harness.table.counters().endedByReason.lack_of_resources).toBe(65);
    expect(harness.table.account()).toEqual({ framesIn: 195, framesReported: 175, framesHeld: 0, framesTableFull: 20 });
  });

  test('below three quarters nothing is evicted', async () => {
    const harness = new FlowTableHarness({ maxFlows: 100 });
    harness.apply(...flows(0, 74, 1));
    await harness.report(10);
    harness.apply(flow(90, 11));
    expect(harness.table.counters()).toMatchObject({ activeFlows: 75, evictedFlows: 0 });
  });

  test('an evicted flow comes back as a new one', async () => {
    const harness = new FlowTableHarness({ maxFlows: 4 });
    harness.apply(...flows(0, 4, 1));
    await harness.report(10);
    harness.apply(...flows(10, 14, 11));
    expect(harness.table.counters().evictedFlows).toBe(4);
    await harness.report(20);
    harness.apply(flow(0, 21));
    expect(await harness.report(30)).toMatchObject([{ flowId: 'test-8', event: 'start', sequence: 0 }]);
  });
});

describe('100,000 flows', () => {
  test('are reported whole, in slices of at most 512, without holding up the event loop', async () => {
    const harness = new FlowTableHarness();
    const load = new FlowDeltaLoad('ipv4', 100_000, epochNs(0));
    load.moveTo(1e9);
    for (const batch of load.batches) harness.table.apply(batch);
    let turns = 0;
    const ticking = setInterval(() => turns++, 0);
    await harness.table.report(epochNs(0), epochNs(10));
    clearInterval(ticking);
    expect(harness.records).toHaveLength(100_000);
    expect(Math.max(...harness.slices)).toBeLessThanOrEqual(512);
    expect(turns).toBeGreaterThan(10);
    expect(new Set(harness.records.map((record) => record.flowId)).size).toBe(100_000);
    expect(new Set(harness.records.map((record) => record.communityId)).size).toBe(100_000);
    expect(new Set(harness.records.map((record) => record.sourceAddress)).size).toBe(100_000);
    await harness.report(20);
    expect(harness.records).toHaveLength(100_000);
    expect(harness.table.counters()).toMatchObject({ activeFlows: 0, endedByReason: { idle_timeout: 100_000 } });
  });

  test('deltas that come while a report is under way are neither lost nor told twice', async () => {
    const harness = new FlowTableHarness();
    harness.apply(...flows(0, 5_000, 1));
    const report = harness.table.report(epochNs(0), epochNs(10));
    let applied = 0;
    const busy = (async () => {
      while (applied < 20_000) {
        harness.apply(...flows(applied, applied + 500, 11));
        applied += 500;
        await new Promise((resolve) => setImmediate(resolve));
      }
    })();
    await Promise.all([report, busy]);
    await harness.report(20);
    const told = harness.records.reduce((sum, record) => sum + record.packets + record.reversePackets, 0);
    expect(told).toBe(25_000);
    expect(harness.table.account()).toMatchObject({ framesIn: 25_000, framesReported: 25_000, framesHeld: 0 });
  });
});

describe('records', () => {
  test('are reused between slices', async () => {
    const seen = new Set<unknown>();
    const harness = new FlowTableHarness({ emit: (records) => records.forEach((record) => seen.add(record)) });
    harness.apply(...flows(0, 2_000, 1));
    await harness.report(10);
    harness.apply(...flows(0, 2_000, 11));
    await harness.report(20);
    expect(seen.size).toBe(512);
  });

  test('keep nothing of their last flow', async () => {
    const emitted: unknown[] = [];
    const harness = new FlowTableHarness({
      emit: (records) => records.forEach((record) => emitted.push({ ...record })),
    });
    harness.apply({
      protocol: 6,
      a: 'fd00::1',
      aPort: 1,
      b: 'fd00::2',
      bPort: 2,
      fromA: sent(1, 2, { flags: 2, seen: 1, synCount: 3, synNs: 1, retransmits: 4, ackDelayKns: 5 }),
      fromB: sent(1, 2, { flags: 4, ackDelayKns: 5 }),
    });
    await harness.stop(3);
    harness.apply({ protocol: 47, a: '10.0.0.1', b: '10.0.0.2', fromA: sent(11, 11) });
    await harness.report(20);
    const fresh = new FlowTableHarness({ flowIdPrefix: 'test' });
    fresh.apply({ protocol: 17, a: '9.9.9.9', b: '8.8.8.8', fromA: sent(1, 1) });
    await fresh.stop(3);
    fresh.apply({ protocol: 47, a: '10.0.0.1', b: '10.0.0.2', fromA: sent(11, 11) });
    const [expected] = await fresh.report(20).then((records) => records.slice(-1));
    expect(emitted[1]).toEqual(expected);
  });
});
