import { describe, expect, test } from '@jest/globals';
import type { FlowRecord } from '../../../src/model/flow-record.ts';
import type { DeltaSpec, SentSpec } from '../../support/delta-builder.ts';
import { clockNs, FlowTableHarness } from '../../support/flow-table-harness.ts';
import { seededRandom } from '../../support/seeded-random.ts';

type Random = ReturnType<typeof seededRandom>;

function randomSide(random: Random, at: number): SentSpec | undefined {
  if (random(4) === 0) return undefined;
  const firstNs = clockNs(at + random(1_000) / 1_000);
  const flags = random(3) === 0 ? random(256) : 16;
  return {
    frames: 1 + random(50),
    bytes: random(1e6),
    firstNs,
    lastNs: firstNs + random(1e9),
    flags,
    seen: random(32),
    synCount: random(4),
    synNs: random(2) === 0 ? firstNs : 0,
    retransmits: random(3),
    ackDelayKns: random(1_000),
  };
}

function randomDelta(random: Random, at: number): DeltaSpec {
  const prefix = random(4) === 0 ? 'fd00::' : '10.0.0.';
  const fromA = randomSide(random, at);
  const fromB = randomSide(random, at);
  return {
    protocol: [6, 6, 17, 1, 47][random(5)]!,
    a: `${prefix}${1 + random(20)}`,
    b: `${prefix}${1 + random(20)}`,
    aPort: random(3),
    bPort: random(3),
    ...(fromA === undefined ? {} : { fromA }),
    ...(fromB === undefined ? {} : { fromB }),
  };
}

describe('frames in = reported + held + refused', () => {
  test.each([1, 2, 3])(
    'after every step of a random life, seed %d',
    async (seed) => {
      const random = seededRandom(seed);
      const harness = new FlowTableHarness({ maxFlows: 400, idleTimeoutMs: 4_000, activeTimeoutMs: 25_000 });
      let handedIn = 0;
      let told = 0;
      let read = 0;
      for (let second = 0; second < 150; second++) {
        const deltas = Array.from({ length: random(120) }, () => randomDelta(random, second));
        for (const { fromA, fromB } of deltas) handedIn += (fromA?.frames ?? 0) + (fromB?.frames ?? 0);
        harness.apply(...deltas);
        if (random(3) === 0) await harness.drained(second + 1);
        if (second % 10 === 9) await harness.report(second + 1);
        if (random(50) === 0) harness.stepNs += (random(200) - 100) * 1e9;
        const account = harness.table.account();
        for (; read < harness.records.length; read++)
          told += harness.records[read]!.packets + harness.records[read]!.reversePackets;
        expect(account).toMatchObject({ framesIn: handedIn, framesReported: told });
        expect(account.framesReported + account.framesHeld + account.framesTableFull).toBe(handedIn);
        const { startedFlows, activeFlows, endedByReason } = harness.table.counters();
        expect(activeFlows + Object.values(endedByReason).reduce((sum, count) => sum + count, 0)).toBe(startedFlows);
      }
      await harness.stop(150);
      expect(harness.table.counters()).toMatchObject({ activeFlows: 0 });
      expect(harness.table.account()).toMatchObject({ framesHeld: 0 });
      expect(harness.table.counters().tableFullFrames).toBeGreaterThan(0);
      expect(findWrongReport(harness.records)).toBeUndefined();
    },
    60_000,
  );
});

/** Each flow's reports are numbered without a gap, the first that is no end is its start, and none ends before it begins. */
function findWrongReport(records: readonly FlowRecord[]): FlowRecord | undefined {
  const next = new Map<string, number>();
  return records.find((record) => {
    const sequence = next.get(record.flowId) ?? 0;
    next.set(record.flowId, sequence + 1);
    const event = record.endReason !== undefined ? 'end' : sequence === 0 ? 'start' : 'update';
    return record.sequence !== sequence || record.event !== event || record.endNs < record.startNs;
  });
}
