import { describe, expect, test } from '@jest/globals';
import { LineSplitter } from '../../../../src/k8s/watch/line-splitter.ts';
import { seededRandom } from '../../../support/seeded-random.ts';

describe('lines', () => {
  test('come out the same however the bytes were cut', () => {
    const seed = Date.now() % 1e6;
    const random = seededRandom(seed);
    const lines = Array.from({ length: 200 }, (_, i) => 'é\u{1F389}'.repeat(random(20)) + String(i));
    const bytes = Buffer.from(`${lines.join('\n')}\n`);
    for (let round = 0; round < 50; round++) {
      const splitter = new LineSplitter(1_000);
      const told: string[] = [];
      for (let at = 0; at < bytes.length;) {
        const to = at + 1 + random(random(2) === 0 ? 3 : 400);
        told.push(...splitter.split(bytes.subarray(at, to)));
        at = to;
      }
      expect([seed, told]).toEqual([seed, lines]);
      expect(splitter.pendingBytes).toBe(0);
    }
  });

  test('what has not ended yet is told, and when it is too long', () => {
    const splitter = new LineSplitter(10);
    expect([...splitter.split(Buffer.from('one\ntwo'))]).toEqual(['one']);
    expect([splitter.pendingBytes, splitter.isOverlong]).toEqual([3, false]);
    expect([...splitter.split(Buffer.from('12345678'))]).toEqual([]);
    expect([splitter.pendingBytes, splitter.isOverlong]).toEqual([11, true]);
  });
});
