import { expect, test } from '@jest/globals';
import { PointTable } from '../../../src/capture/node/point-table.ts';
import type { ObservationPoint } from '../../../src/model/observation-point.ts';

function point(interfaceName: string): ObservationPoint {
  return { interfaceName, side: 'host', podUid: undefined, tunnel: undefined };
}

/** Ends an interval and returns the points that were forgotten with it. */
function endInterval(table: PointTable): number[] {
  const forgotten: number[] = [];
  table.intervalEnded((each) => forgotten.push(each));
  return forgotten;
}

test('a number is named, and free again once the flows of two intervals were told', () => {
  const table = new PointTable();
  expect(table.isFree(12)).toBe(true);
  table.name(12, point('old'));
  expect(table.isFree(12)).toBe(false);
  table.retire(12);
  expect([table.isFree(12), table.resolve(12).interfaceName]).toEqual([false, 'old']);
  expect(endInterval(table)).toEqual([]);
  expect([table.isFree(12), table.resolve(12).interfaceName]).toEqual([false, 'old']);
  expect(endInterval(table)).toEqual([12]);
  expect(table.isFree(12)).toBe(true);
});

test('points in use stay however many intervals end; those that went leave nothing behind', () => {
  const table = new PointTable();
  table.name(3, point('stays'));
  for (let ifindex = 100; ifindex < 1100; ifindex++) {
    table.name(ifindex, point(`veth${ifindex}`));
    table.retire(ifindex);
    endInterval(table);
  }
  endInterval(table);
  expect(table.size).toBe(1);
  expect(table.resolve(3).interfaceName).toBe('stays');
});

test('it answers for a number that it never gave', () => {
  expect(new PointTable().resolve(99).interfaceName).toBe('if99');
});
