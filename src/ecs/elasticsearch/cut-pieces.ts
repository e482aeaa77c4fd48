import type { BulkLines } from '../document/bulk-lines.ts';

/** Documents of a batch, by position in ascending order, that go in one bulk body. */
export interface Piece {
  readonly documents: readonly number[];
  readonly body: Buffer;
}

/** All documents, in bodies of at most `maxBytes`; a document larger than that goes alone. */
export function cutPieces(lines: BulkLines, documents: readonly number[], maxBytes: number): Piece[] {
  const pieces: Piece[] = [];
  let from = 0;
  let byteCount = 0;
  documents.forEach((document, i) => {
    const size = lines.end(document) - lines.start(document);
    if (byteCount > 0 && byteCount + size > maxBytes) {
      pieces.push(toPiece(lines, documents.slice(from, i)));
      from = i;
      byteCount = 0;
    }
    byteCount += size;
  });
  if (byteCount > 0) pieces.push(toPiece(lines, from === 0 ? documents : documents.slice(from)));
  return pieces;
}

/** The two halves of a piece of several documents. */
export function halve(lines: BulkLines, { documents }: Piece): Piece[] {
  const middle = documents.length >>> 1;
  return [documents.slice(0, middle), documents.slice(middle)].map((half) => toPiece(lines, half));
}

/** A view of the lines where the documents follow each other, as they nearly always do; else a copy. */
function toPiece(lines: BulkLines, documents: readonly number[]): Piece {
  const first = documents[0] ?? 0;
  const last = documents.at(-1) ?? 0;
  if (last - first === documents.length - 1)
    return { documents, body: lines.bytes.subarray(lines.start(first), lines.end(last)) };
  const parts = documents.map((document) => lines.bytes.subarray(lines.start(document), lines.end(document)));
  return { documents, body: Buffer.concat(parts) };
}
