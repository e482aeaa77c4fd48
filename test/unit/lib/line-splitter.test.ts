import { describe, expect, test } from '@jest/globals';
import { LineSplitter, type BoundedLine } from '../../../src/lib/line-splitter.ts';
import { seededRandom } from '../../support/seeded-random.ts';

const seed = Date.now() % 1e6;

/** The lines of bytes that come in pieces. */
function split(pieces: readonly (string | Buffer)[], mostBytes = 20): BoundedLine[] {
  const splitter = new LineSplitter(mostBytes);
  const lines = pieces.flatMap((piece) => [...splitter.split(Buffer.from(piece))]);
  return [...lines, ...splitter.end()];
}

describe('lines', () => {
  test.each([
    [['a\nb\n'], ['a', 'b']],
    [
      ['a\r\nb\r', '\n'],
      ['a\r', 'b\r'],
    ],
    [['a\nlast'], ['a', 'last']],
    [['\n\na'], ['', '', 'a']],
    [['tö', 'ö\n'], ['töö']],
    [[''], []],
    [
      ['x'.repeat(20), '\n', 'y'],
      ['x'.repeat(20), 'y'],
    ],
    [
      ['x'.repeat(21), '\n', 'y'],
      [undefined, 'y'],
    ],
    [[`${'x'.repeat(21)}\ny\n`], [undefined, 'y']],
    [
      ['x'.repeat(15), 'x'.repeat(15), 'x\ny\n'],
      [undefined, 'y'],
    ],
    [['x'.repeat(21)], [undefined]],
  ])('%j are %j', (pieces, lines) => {
    expect(split(pieces)).toEqual(lines);
  });

  test(`come out the same however the bytes were cut (seed ${seed})`, () => {
    const random = seededRandom(seed);
    const lines = Array.from({ length: 200 }, (_, i) => 'é\u{1F389}'.repeat(random(20)) + String(i));
    const bytes = Buffer.from(`${lines.join('\n')}\n`);
    for (let round = 0; round < 50; round++) {
      const pieces: Buffer[] = [];
      for (let at = 0; at < bytes.length;) {
        const to = at + 1 + random(random(2) === 0 ? 3 : 400);
        pieces.push(bytes.subarray(at, to));
        at = to;
      }
      expect(split(pieces, 1_000)).toEqual(lines);
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
