import { describe, expect, test } from '@jest/globals';
import { RowStore } from '../../../src/flow/row-store.ts';

const KEY = Uint32Array.of(1, 2, 3, 6, 0);

function allocate(store: RowStore): number | undefined {
  return store.allocate(KEY, 0, 5, false)?.index;
}

describe('row store', () => {
  test('gives out freed rows, the last freed first, before it grows', () => {
    const store = new RowStore(100);
    for (let row = 0; row < 10; row++) expect(allocate(store)).toBe(row);
    for (const row of [3, 7, 5]) store.free(store.at(row));
    expect([store.used, store.limit]).toEqual([7, 10]);
    expect([allocate(store), allocate(store), allocate(store), allocate(store)]).toEqual([5, 7, 3, 10]);
  });

  test('gives out no more rows than it may, over several chunks', () => {
    const store = new RowStore(20_000);
    for (let row = 0; row < 20_000; row++) allocate(store);
    expect(allocate(store)).toBeUndefined();
    expect(store.used).toBe(20_000);
    for (let row = 0; row < 20_000; row++) store.free(store.at(row));
    expect([store.used, allocate(store)]).toEqual([0, 19_999]);
  });
});
