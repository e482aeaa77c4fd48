import type { AttributeKeys } from './attribute-keys.ts';
import { checkMessage } from './check-message.ts';
import { IS_INT, type AttributeValue } from './flow-attribute-table.ts';
import { KEY_VALUE } from './otlp-schema.ts';
import { MOST_TEXT_BYTES, type RecordParts } from './record-parts.ts';
import type { WireCursor } from './wire-cursor.ts';

/** Tags of common.proto. */
const TAG = { key: 0x0a, value: 0x12, stringValue: 0x0a, intValue: 0x18 } as const;
/** Field numbers of the `oneof` of AnyValue go up to this. */
const ANY_VALUE_LAST = 7;

/** Scans a protobuf attribute in any form, from its length on: checks it whole, and adds it if it is a known one. */
export function scanAnyAttribute(
  cursor: WireCursor,
  start: number,
  recordEnd: number,
  keys: AttributeKeys,
  parts: RecordParts,
): void {
  const end = cursor.readLength(recordEnd);
  const contentStart = cursor.position;
  checkMessage(cursor, KEY_VALUE, end);
  if (cursor.problem !== undefined) return;
  cursor.position = contentStart;
  const { id, valueTag, valueAt } = findAttribute(cursor, end, keys);
  if (id >= 0) {
    cursor.position = valueAt;
    if (isTooLong(cursor, id, valueTag, end)) parts.addIgnored(id, start, end, 'too_long');
    else parts.addAny(id, start, end, readValue(cursor, valueTag, end));
  }
  cursor.position = end;
}

/** Reads a checked `KeyValue`, whose fields may come several times: the last one counts. */
function findAttribute(
  cursor: WireCursor,
  end: number,
  keys: AttributeKeys,
): { id: number; valueTag: number; valueAt: number } {
  const found = { id: -1, valueTag: 0, valueAt: 0 };
  while (cursor.position < end) {
    const tag = cursor.readTag(end);
    if (tag === TAG.key) {
      const nameEnd = cursor.readLength(end);
      found.id = keys.find(cursor.view, cursor.position, nameEnd - cursor.position);
      cursor.position = nameEnd;
    } else if (tag === TAG.value) {
      const valueEnd = cursor.readLength(end);
      while (cursor.position < valueEnd) {
        const oneOf = cursor.readTag(valueEnd);
        if (oneOf >>> 3 <= ANY_VALUE_LAST) Object.assign(found, { valueTag: oneOf, valueAt: cursor.position });
        cursor.skip(oneOf, valueEnd);
      }
    } else cursor.skip(tag, end);
  }
  return found;
}

/** Looks at the length of a text; the cursor stays where it is. */
function isTooLong(cursor: WireCursor, id: number, tag: number, end: number): boolean {
  if (tag !== TAG.stringValue || IS_INT[id] === 1) return false;
  const start = cursor.position;
  const textEnd = cursor.readLength(end);
  const textStart = cursor.position;
  cursor.position = start;
  return textEnd - textStart > MOST_TEXT_BYTES;
}

/** Undefined when it is neither an integer nor a text. */
function readValue(cursor: WireCursor, tag: number, end: number): AttributeValue {
  if (tag === TAG.intValue) return cursor.readInt64(end);
  if (tag !== TAG.stringValue) return undefined;
  const textEnd = cursor.readLength(end);
  return cursor.bytes.toString('utf8', cursor.position, Math.min(textEnd, cursor.position + MOST_TEXT_BYTES));
}
