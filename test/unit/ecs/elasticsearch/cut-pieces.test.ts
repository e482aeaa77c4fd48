import { describe, expect, test } from '@jest/globals';
import { BulkLines } from '../../../../src/ecs/document/bulk-lines.ts';
import { cutPieces, halve } from '../../../../src/ecs/elasticsearch/cut-pieces.ts';

/** Documents whose two lines have so many bytes together. */
function createLines(...sizes: number[]): BulkLines {
  const lines = new BulkLines();
  const emptySize = '{"create":{"_id":"0"}}\n\n'.length;
  sizes.forEach((size, i) => lines.append(String(i), 'x'.repeat(size - emptySize)));
  return lines;
}

const sizes = (pieces: readonly { readonly body: Buffer }[]): number[] => pieces.map(({ body }) => body.length);
const documents = (pieces: readonly { readonly documents: readonly number[] }[]) =>
  pieces.map((each) => each.documents);

describe('cutPieces', () => {
  test('fills bodies up to the limit, the limit included', () => {
    const pieces = cutPieces(createLines(50, 50, 40, 60, 100), [0, 1, 2, 3, 4], 100);
    expect(documents(pieces)).toEqual([[0, 1], [2, 3], [4]]);
    expect(sizes(pieces)).toEqual([100, 100, 100]);
  });

  test('lets a document that is larger than the limit go alone', () => {
    const pieces = cutPieces(createLines(50, 500, 50), [0, 1, 2], 100);
    expect(documents(pieces)).toEqual([[0], [1], [2]]);
  });

  test('leaves out the documents between', () => {
    const lines = createLines(50, 60, 70);
    const [piece] = cutPieces(lines, [0, 2], 1_000);
    expect(piece?.body.toString()).toBe(
      lines.bytes.toString('latin1', 0, 50) + lines.bytes.toString('latin1', 110, 180),
    );
  });

  test('makes none of none', () => {
    expect(cutPieces(createLines(), [], 100)).toEqual([]);
  });
});

test('halve gives every document to one half', () => {
  const lines = createLines(50, 50, 50, 50, 50);
  const pieces = halve(lines, { documents: [0, 1, 3, 4], body: Buffer.alloc(0) });
  expect(documents(pieces)).toEqual([
    [0, 1],
    [3, 4],
  ]);
  expect(sizes(pieces)).toEqual([100, 100]);
});
