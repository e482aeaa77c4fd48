import { setImmediate as nextTurn } from 'node:timers/promises';
import { expect, test } from '@jest/globals';
import { TurnGuard } from '../../../src/capture/cap/turn-guard.ts';

test('a turn is overlong only while it lasts', async () => {
  const guard = new TurnGuard(250);
  expect([1000, 1100, 1250, 1251, 1300].map((nowMs) => guard.isOverlong(nowMs))).toEqual([
    false,
    false,
    false,
    true,
    true,
  ]);
  await nextTurn();
  expect([1400, 1650, 1651].map((nowMs) => guard.isOverlong(nowMs))).toEqual([false, false, true]);
});
