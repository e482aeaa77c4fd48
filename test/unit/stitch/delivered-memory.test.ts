import { describe, expect, test } from '@jest/globals';
import { DeliveredMemory, SEEN } from '../../../src/stitch/delivered-memory.ts';
import { sampleCommunityId } from '../../support/perspective-records.ts';
import { seededRandom } from '../../support/seeded-random.ts';

describe('what went out', () => {
  test('is known again, by connection and interval, as a set of both would know it', () => {
    const random = seededRandom(7);
    const memory = new DeliveredMemory();
    const reference = new Map<string, number>();
    let mismatches = 0;
    for (let i = 0; i < 60_000; i++) {
      const joinId = sampleCommunityId(random(8_000));
      const interval = 179_525_880 + random(4);
      const key = `${joinId} ${interval}`;
      if (memory.find(joinId, interval) !== (reference.get(key) ?? 0)) mismatches++;
      if (random(2) === 0) continue;
      const seen = random(2) === 0 ? SEEN.client : SEEN.server;
      memory.add(joinId, interval, seen, random(3));
      reference.set(key, (reference.get(key) ?? 0) | seen);
    }
    expect(mismatches).toBe(0);
  });

  test('is forgotten by interval, the oldest first', () => {
    const memory = new DeliveredMemory({ maxIntervals: 2 });
    for (const interval of [7, 8, 9]) memory.add(sampleCommunityId(1), interval, SEEN.client, 1);
    expect([7, 8, 9].map((interval) => memory.find(sampleCommunityId(1), interval))).toEqual([0, 1, 1]);
  });

  test('is known report by report', () => {
    const memory = new DeliveredMemory();
    memory.add(sampleCommunityId(1), 1, SEEN.client, 11);
    memory.add(sampleCommunityId(1), 1, SEEN.server, 12);
    expect(memory.find(sampleCommunityId(1), 1)).toBe(SEEN.client | SEEN.server);
    expect([11, 12, 13].map((report) => memory.knows(sampleCommunityId(1), 1, report))).toEqual([true, true, false]);
    expect(memory.knows(sampleCommunityId(1), 2, 11)).toBe(false);
  });

  test('is bounded in number', () => {
    const memory = new DeliveredMemory({ maxReports: 100 });
    for (let i = 0; i < 1_000; i++) memory.add(sampleCommunityId(i), Math.floor(i / 30), SEEN.client, 1);
    const known = Array.from({ length: 1_000 }, (_, i) => memory.find(sampleCommunityId(i), Math.floor(i / 30)) !== 0);
    expect(known.filter(Boolean).length).toBeGreaterThan(60);
    expect(known.filter(Boolean).length).toBeLessThanOrEqual(100);
    expect(known.at(-1)).toBe(true);
    expect(known[0]).toBe(false);
  });

  test('is bounded within one interval too', () => {
    const memory = new DeliveredMemory({ maxReports: 100 });
    for (let i = 0; i < 1_000; i++) memory.add(sampleCommunityId(i), 1, SEEN.client, 1);
    const known = Array.from({ length: 1_000 }, (_, i) => memory.find(sampleCommunityId(i), 1) !== 0);
    expect(known.filter(Boolean).length).toBeLessThanOrEqual(100);
  });
});
