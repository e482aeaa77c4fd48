import { expect, test } from '@jest/globals';
import { RecentTimes } from '../../../src/lib/recent-times.ts';
import { seededRandom } from '../../support/seeded-random.ts';

test('a key is near the times around the one that was noted last', () => {
  const times = new RecentTimes(10);
  times.note('a', 100);
  times.note('a', 1_000);
  expect([499, 500, 1_000, 1_500, 1_501].map((time) => times.isNear('a', time, 500))).toEqual([
    false,
    true,
    true,
    true,
    false,
  ]);
  expect(times.isNear('b', 1_000, 500)).toBe(false);
});

test('the keys noted longest ago give way', () => {
  const times = new RecentTimes(3);
  for (const key of ['a', 'b', 'c', 'a', 'd']) times.note(key, 0);
  expect(['a', 'b', 'c', 'd'].filter((key) => times.isNear(key, 0, 0))).toEqual(['a', 'c', 'd']);
});

test('is what a list of the keys in their order tells, whatever comes', () => {
  const random = seededRandom(11);
  const times = new RecentTimes(20);
  let list: number[] = [];
  for (let step = 0; step < 5_000; step++) {
    const key = random(60);
    times.note(String(key), 0);
    list = [...list.filter((known) => known !== key), key].slice(-20);
    const known = Array.from({ length: 60 }, (_, i) => i).filter((i) => times.isNear(String(i), 0, 0));
    expect(known).toEqual(list.toSorted((a, b) => a - b));
  }
});
