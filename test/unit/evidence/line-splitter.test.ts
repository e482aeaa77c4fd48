import { describe, expect, test } from '@jest/globals';
import { LineSplitter } from '../../../src/evidence/line-splitter.ts';
import { seededRandom } from '../../support/seeded-random.ts';

/** The lines of a text that comes in pieces. */
function split(pieces: readonly string[], mostBytes = 20): string[] {
  const lines: string[] = [];
  const splitter = new LineSplitter(mostBytes, (line, isTooLong) => lines.push(isTooLong ? `too long:${line}` : line));
  for (const piece of pieces) splitter.push(Buffer.from(piece));
  splitter.end();
  return lines;
}

describe('lines', () => {
  test.each([
    [['a\nb\n'], ['a', 'b']],
    [
      ['a\r\nb\r', '\n'],
      ['a', 'b'],
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
      ['too long:', 'y'],
    ],
    [
      ['x'.repeat(15), 'x'.repeat(15), 'x\ny\n'],
      ['too long:', 'y'],
    ],
    [['x'.repeat(21)], ['too long:']],
  ])('%j are %j', (pieces, lines) => {
    expect(split(pieces)).toEqual(lines);
  });

  test('do not depend on where the pieces are cut', () => {
    const random = seededRandom(3);
    const text = Array.from({ length: 200 }, () => 'ab\u00e9'.repeat(random(9))).join('\n');
    const whole = split([text]);
    for (let round = 0; round < 50; round++) {
      const pieces: string[] = [];
      for (let at = 0; at < text.length;) pieces.push(text.slice(at, (at += 1 + random(30))));
      expect(split(pieces)).toEqual(whole);
    }
  });
});
