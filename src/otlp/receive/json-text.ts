import type { JsonCursor } from './json-cursor.ts';
import type { TextCache } from './text-cache.ts';

/** The last string that a cursor passed, empty where that went wrong. The bytes are known to be UTF-8. */
export function readJsonText(cursor: JsonCursor, texts: TextCache): string {
  const { bytes, view, textStart, textEnd, hasEscapes, problem } = cursor;
  if (problem !== undefined) return '';
  if (hasEscapes) return JSON.parse(bytes.toString('utf8', textStart - 1, textEnd + 1)) as string;
  return texts.read(bytes, view, textStart, textEnd - textStart) ?? '';
}

/**
 * An int64 as JSON has it, a decimal string or a number, from the value at `start` that was passed up to the cursor.
 * Undefined when it is neither; inexact beyond 2^53.
 */
export function readJsonInt(cursor: JsonCursor, start: number): number | undefined {
  const token = cursor.bytes.toString('latin1', start, Math.min(cursor.position, start + LONGEST_INT));
  const [, quoted] = QUOTED_INT.exec(token) ?? [];
  if (quoted !== undefined) return Number(quoted);
  const number = NUMBER.test(token) ? Number(token) : Number.NaN;
  return Number.isInteger(number) ? number : undefined;
}

const LONGEST_INT = 64;
const QUOTED_INT = /^"(-?\d{1,20})"$/;
const NUMBER = /^-?\d/;
