import { describe, expect, test } from '@jest/globals';
import { chooseClaim } from '../../../src/k8s/choose-claim.ts';
import { Claim, isOfPort } from '../../../src/k8s/claim.ts';
import { ANY_PORT } from '../../../src/k8s/port-key.ts';

const TOLERANCE_MS = 10;

/** `[name, begun, start, end?]`, oldest first. */
type Told = readonly [string, number, number, number?];

function choose(told: readonly Told[], timeMs: number): string | undefined {
  let newest: Claim<string> | undefined;
  for (const [name, begunMs, startMs, endMs] of told) {
    const claim: Claim<string> = new Claim(name, '10.0.0.1', 0, begunMs, startMs);
    claim.endMs = endMs;
    claim.older = newest;
    newest = claim;
  }
  return chooseClaim(newest, 0, timeMs, TOLERANCE_MS, isOfPort)?.holder;
}

const ONE: Told[] = [['A', 100, 120, 200]];
const GAP: Told[] = [
  ['A', 100, 100, 200],
  ['B', 215, 230, 300],
];
const OVERLAP: Told[] = [
  ['A', 100, 100, 200],
  ['B', 150, 180],
];
const ADJOINING: Told[] = [
  ['A', 100, 100, 200],
  ['B', 200, 200],
];
const CLOSE: Told[] = [
  ['A', 100, 100, 200],
  ['B', 210, 210],
];

describe('who had an address at a time', () => {
  test.each<[string, Told[], number, string | undefined]>([
    ['nobody claims it', [], 100, undefined],
    ['its first moment', ONE, 120, 'A'],
    ['its last moment', ONE, 199, 'A'],
    ['begun, not surely there yet', ONE, 100, 'A'],
    ['at its end, by tolerance', ONE, 200, 'A'],
    ['after its end, just tolerated', ONE, 210, 'A'],
    ['after its end', ONE, 211, undefined],
    ['before it began, just tolerated', ONE, 90, 'A'],
    ['before it began', ONE, 89, undefined],
    ['one that goes on', [['A', 0, 0]], 1e15, 'A'],
    ['since ever', [['A', -Infinity, -Infinity]], -1e15, 'A'],
    ['between two, only the ended one is near', GAP, 204, 'A'],
    [
      'between two, as near to both: the ended one',
      [
        ['A', 0, 0, 200],
        ['B', 220, 220],
      ],
      210,
      'A',
    ],
    ['between two, the coming one is nearer', GAP, 211, 'B'],
    ['between two, the coming one has begun', GAP, 216, 'B'],
    ['both hold: the one that started last', OVERLAP, 190, 'B'],
    ['held, though the other has begun', OVERLAP, 160, 'A'],
    ['used again at once, before', ADJOINING, 199, 'A'],
    ['used again at once, after', ADJOINING, 200, 'B'],
    ['used again soon, nearer to the old', CLOSE, 204, 'A'],
    ['used again soon, nearer to the new', CLOSE, 206, 'B'],
    ['told in the other order', OVERLAP.toReversed(), 190, 'B'],
    [
      'two have begun: the one that starts first',
      [
        ['A', 100, 150],
        ['B', 90, 140],
      ],
      120,
      'B',
    ],
    [
      'begun wins over what has just ended',
      [
        ['A', 0, 0, 119],
        ['B', 110, 150],
      ],
      120,
      'B',
    ],
    [
      'all alike: told of last',
      [
        ['A', 0, 0],
        ['B', 0, 0],
      ],
      5,
      'B',
    ],
  ])('%s', (_, told, timeMs, expected) => {
    expect(choose(told, timeMs)).toBe(expected);
  });

  test('only claims to the port count', () => {
    const other = new Claim('other', '10.0.0.1', 81, 0, 0);
    const claim = new Claim('mine', '10.0.0.1', 80, 0, 0);
    claim.older = other;
    const at = (portKey: number): string | undefined => chooseClaim(claim, portKey, 5, 0, isOfPort)?.holder;
    expect([at(80), at(81), at(82), at(ANY_PORT)]).toEqual(['mine', 'other', undefined, 'mine']);
  });
});

describe('a beginning', () => {
  test('the earliest that was told of holds', () => {
    const claim = new Claim('A', '10.0.0.1', 0, 90, 100);
    claim.begin(95, 98);
    expect([claim.begunMs, claim.startMs]).toEqual([90, 98]);
    claim.begin(80, 200);
    expect([claim.begunMs, claim.startMs]).toEqual([80, 98]);
    claim.begin(-Infinity, -Infinity);
    expect(claim.startMs).toBe(-Infinity);
    expect(claim.begunMs).toBe(-Infinity);
  });

  test('months between begun and started do not overflow', () => {
    const claim = new Claim('A', '10.0.0.1', 0, 0, 1e12);
    expect(claim.begunMs).toBeGreaterThanOrEqual(0);
    expect(claim.begunMs).toBeLessThan(1e12);
  });
});
