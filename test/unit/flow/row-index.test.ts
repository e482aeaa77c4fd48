import { describe, expect, test } from '@jest/globals';
import { RowIndex } from '../../../src/flow/row-index.ts';
import { RowStore } from '../../../src/flow/row-store.ts';
import { seededRandom } from '../../support/seeded-random.ts';

/** A key of 5 words from one number. */
function toKey(n: number): Uint32Array {
  return Uint32Array.of(n, n ^ 0x5555, 6, 7, n * 7);
}

describe('row index', () => {
  test.each([
    ['hashes that collide and wrap', 8, 0xffff_fffa],
    ['spread hashes', 0x7fff_ffff, 0],
  ])('agrees with a Map under inserts and deletes: %s', (_name, hashRange, hashBase) => {
    const random = seededRandom(7);
    const store = new RowStore(10_000);
    const index = new RowIndex(store);
    const model = new Map<number, { row: number; hash: number }>();
    for (let step = 0; step < 30_000; step++) {
      const n = random(600);
      const key = toKey(n);
      const hash = (hashBase + ((Math.imul(n, 0x9e3779b1) >>> 0) % hashRange)) | 0;
      const known = model.get(n);
      expect(index.find(hash, key, 0, 5)).toBe(known?.row ?? -1);
      if (known === undefined) {
        const row = store.allocate(key, 0, 5, false)!;
        index.insert(hash, row.index);
        model.set(n, { row: row.index, hash });
      } else if (random(2) === 0) {
        index.remove(hash, known.row);
        store.free(store.at(known.row));
        model.delete(n);
      }
    }
    expect(store.used).toBe(model.size);
    for (const [n, { row, hash }] of model) expect(index.find(hash, toKey(n), 0, 5)).toBe(row);
  });

  test('an IPv6 key that begins like an IPv4 key is another', () => {
    const store = new RowStore(10);
    const index = new RowIndex(store);
    const long = Uint32Array.of(1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11);
    index.insert(42, store.allocate(long, 0, 11, true)!.index);
    expect(index.find(42, long, 0, 5)).toBe(-1);
    index.insert(42, store.allocate(long, 0, 5, false)!.index);
    expect(index.find(42, long, 0, 11)).toBe(0);
    expect(index.find(42, long, 0, 5)).toBe(1);
  });

  test('lookups stay as short after a hundred thousand flows came and went as they are in a new index', () => {
    const store = new RowStore(200);
    const churned = new RowIndex(store);
    const live: { hash: number; row: number }[] = [];
    const random = seededRandom(3);
    for (let n = 0; n < 100_000; n++) {
      const hash = random(0x1_0000_0000) | 0;
      const row = store.allocate(toKey(n), 0, 5, false)!.index;
      churned.insert(hash, row);
      live.push({ hash, row });
      if (live.length < 100) continue;
      const gone = live.shift()!;
      churned.remove(gone.hash, gone.row);
      store.free(store.at(gone.row));
    }
    const fresh = new RowIndex(store);
    for (const { hash, row } of live) fresh.insert(hash, row);
    const absent = toKey(-1);
    const timeLookups = (index: RowIndex): number => {
      const startMs = performance.now();
      for (let n = 0; n < 10_000; n++) index.find(n, absent, 0, 5);
      return performance.now() - startMs;
    };
    const rounds = Array.from({ length: 20 }, () => [timeLookups(churned), timeLookups(fresh)] as const);
    const [churnedMs, freshMs] = [0, 1].map((column) => Math.min(...rounds.map((round) => round[column] ?? NaN)));
    // With tombstones each lookup would walk all 1,024 slots: a hundred times as long.
    expect(churnedMs).toBeLessThan(10 * (freshMs ?? NaN));
  });
});
