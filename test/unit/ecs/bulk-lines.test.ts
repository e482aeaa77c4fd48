import { describe, expect, test } from '@jest/globals';
import { BulkLines } from '../../../src/ecs/document/bulk-lines.ts';

const TEXTS = Array.from({ length: 1_000 }, (_, i) => JSON.stringify({ number: i, filling: 'x'.repeat(i % 700) }));

function fill(lines: BulkLines): void {
  TEXTS.forEach((text, i) => lines.append(`id-${i}`, text));
}

describe('bulk lines', () => {
  test('are an action and a document each, as Elasticsearch reads them', () => {
    const lines = new BulkLines();
    fill(lines);
    const expected = TEXTS.map((text, i) => `${JSON.stringify({ create: { _id: `id-${i}` } })}\n${text}\n`);
    expect(lines.bytes.toString('utf8', 0, lines.byteCount)).toBe(expected.join(''));
    expect(lines.documentCount).toBe(TEXTS.length);
  });

  test('tell where each document stands, so that they can be sent in pieces', () => {
    const lines = new BulkLines();
    fill(lines);
    for (let i = 0; i < TEXTS.length; i++) {
      expect(lines.id(i)).toBe(`id-${i}`);
      expect(lines.sourceText(i)).toBe(TEXTS[i]);
      expect(lines.start(i)).toBe(i === 0 ? 0 : lines.end(i - 1));
      expect(lines.bytes.toString('latin1', lines.sourceStart(i), lines.sourceEnd(i))).toBe(TEXTS[i]);
    }
    expect(lines.end(TEXTS.length - 1)).toBe(lines.byteCount);
    const piece = lines.bytes.toString('latin1', lines.start(10), lines.end(19));
    expect(piece.split('\n').filter((line) => line.startsWith('{"create"'))).toHaveLength(10);
  });

  test('are empty after clear, and give up a buffer that has grown too large', () => {
    const lines = new BulkLines();
    fill(lines);
    const grown = lines.bytes.length;
    lines.clear();
    expect([lines.byteCount, lines.documentCount, lines.bytes.length]).toEqual([0, 0, grown]);
    fill(lines);
    expect(lines.sourceText(999)).toBe(TEXTS[999]);
    lines.clear(grown - 1);
    expect(lines.bytes.length).toBeLessThan(grown);
    lines.append('again', '{}');
    expect(lines.bytes.toString('latin1', 0, lines.byteCount)).toBe('{"create":{"_id":"again"}}\n{}\n');
  });

  test('take a document larger than the buffer', () => {
    const lines = new BulkLines();
    const huge = JSON.stringify('y'.repeat(3_000_000));
    lines.append('a', '{}');
    lines.append('b', huge);
    expect([lines.sourceText(0), lines.sourceText(1) === huge]).toEqual(['{}', true]);
  });
});
