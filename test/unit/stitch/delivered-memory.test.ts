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
      memory.add(joinId, interval, seen, random(3), 0);
      reference.set(key, (reference.get(key) ?? 0) | seen);
    }
    expect(mismatches).toBe(0);
  });

  test('is kept for its time at least, and for twice its time at most', () => {
    const memory = new DeliveredMemory({ keepMs: 1_000 });
    const [first, second, third] = [sampleCommunityId(1), sampleCommunityId(2), sampleCommunityId(3)];
    memory.add(first, 1, SEEN.client, 1, 5_000);
    memory.add(second, 1, SEEN.client, 1, 5_999);
    memory.add(third, 1, SEEN.client, 1, 6_000);
    expect(memory.find(first, 1)).toBe(SEEN.client);
    memory.add(third, 2, SEEN.client, 1, 7_000);
    expect(memory.find(first, 1)).toBe(0);
    expect(memory.find(third, 1)).toBe(SEEN.client);
  });

  test('is known report by report', () => {
    const memory = new DeliveredMemory();
    memory.add(sampleCommunityId(1), 1, SEEN.client, 11, 0);
    memory.add(sampleCommunityId(1), 1, SEEN.server, 12, 0);
    expect(memory.find(sampleCommunityId(1), 1)).toBe(SEEN.client | SEEN.server);
    expect([11, 12, 13].map((report) => memory.knows(sampleCommunityId(1), 1, report))).toEqual([true, true, false]);
    expect(memory.knows(sampleCommunityId(1), 2, 11)).toBe(false);
  });

  test('is bounded in number', () => {
    const memory = new DeliveredMemory({ generationEntries: 100 });
    for (let i = 0; i < 1_000; i++) memory.add(sampleCommunityId(i), 1, SEEN.client, 1, 0);
    const known = Array.from({ length: 1_000 }, (_, i) => memory.find(sampleCommunityId(i), 1)).filter(
      (seen) => seen !== 0,
    );
    expect(known.length).toBeGreaterThanOrEqual(100);
    expect(known.length).toBeLessThanOrEqual(200);
  });
});
