import { isUtf8 } from 'node:buffer';
import type { Field, Message } from './otlp-schema.ts';
import type { WireCursor } from './wire-cursor.ts';

/** Messages within messages; deeper ones are refused (protobuf's own parsers stop at 100). */
const MOST_DEPTH = 32;
/** Fields of one log record, scope or resource, nested ones included: bounds the time that one takes. */
export const MOST_FIELDS = 16_384;

/** Goes over a message up to `end` and checks all of it: wire types, lengths, UTF-8, depth, number of fields. */
export function checkMessage(cursor: WireCursor, message: Message, end: number, depth = 1): void {
  while (cursor.position < end) {
    const tag = cursor.readTag(end);
    checkField(cursor, tag, message, end, depth);
  }
}

/** The same of one field, whose tag was read. */
export function checkField(cursor: WireCursor, tag: number, message: Message, end: number, depth = 1): void {
  cursor.countField();
  const field = message.fields[tag >>> 3];
  if (field === undefined) cursor.skip(tag, end);
  else if (field.wire !== (tag & 7)) cursor.fail(`${message.name} has field ${tag >>> 3} in wire type ${tag & 7}`);
  else if (field.content === undefined) cursor.skip(tag, end);
  else checkContent(cursor, field.content, end, depth);
}

function checkContent(cursor: WireCursor, content: NonNullable<Field['content']>, end: number, depth: number): void {
  const contentEnd = cursor.readLength(end);
  if (content === 'utf8') checkText(cursor, contentEnd);
  else if (depth >= MOST_DEPTH) cursor.fail(`messages are nested deeper than ${MOST_DEPTH}`);
  else checkMessage(cursor, content, contentEnd, depth + 1);
}

function checkText(cursor: WireCursor, end: number): void {
  const { bytes, position } = cursor;
  let at = position;
  // Most texts are short ASCII, for which this takes less than a call.
  while (at < end && (bytes[at] as number) < 0x80 && at - position < 64) at++;
  if (at === end || isUtf8(bytes.subarray(at, end))) cursor.position = end;
  else cursor.fail('a text is no UTF-8');
}
