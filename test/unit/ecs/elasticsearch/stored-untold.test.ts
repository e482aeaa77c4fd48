import { expect, test } from '@jest/globals';
import { StoredUntold } from '../../../../src/ecs/elasticsearch/stored-untold.ts';

test('gives an id once', () => {
  const untold = new StoredUntold(10);
  untold.add('a');
  expect([untold.take('b'), untold.take('a'), untold.take('a')]).toEqual([false, true, false]);
});

test('forgets the oldest', () => {
  const untold = new StoredUntold(2);
  for (const id of ['a', 'b', 'c']) untold.add(id);
  expect([untold.size, untold.take('a'), untold.take('b'), untold.take('c')]).toEqual([2, false, true, true]);
});
