import type { Resource } from '../../model/resource.ts';
import { decodeText } from './text-cache.ts';
import { WireCursor } from './wire-cursor.ts';

const TAG = {
  attributes: 0x0a,
  key: 0x0a,
  value: 0x12,
  stringValue: 0x0a,
  boolValue: 0x10,
  intValue: 0x18,
  doubleValue: 0x21,
} as const;

/** Decodes the attributes of a checked `Resource` message as texts; those that are no scalars are left out. */
export function decodeResource(bytes: Buffer): Resource {
  const resource = new Map<string, string>();
  const cursor = new WireCursor(bytes);
  const end = bytes.length;
  while (cursor.position < end) {
    const tag = cursor.readTag(end);
    if (tag === TAG.attributes) decodeAttribute(cursor, cursor.readLength(end), resource);
    else cursor.skip(tag, end);
  }
  return resource;
}

function decodeAttribute(cursor: WireCursor, end: number, resource: Map<string, string>): void {
  let key = '';
  let value: string | undefined;
  while (cursor.position < end) {
    const tag = cursor.readTag(end);
    if (tag === TAG.key) key = readText(cursor, end);
    else if (tag === TAG.value) {
      const valueEnd = cursor.readLength(end);
      while (cursor.position < valueEnd) value = decodeScalar(cursor, valueEnd);
    } else cursor.skip(tag, end);
  }
  if (value !== undefined) resource.set(key, value);
}

function decodeScalar(cursor: WireCursor, end: number): string | undefined {
  const tag = cursor.readTag(end);
  if (tag === TAG.stringValue) return readText(cursor, end);
  if (tag === TAG.boolValue) return String(cursor.readVarint(end) !== 0);
  if (tag === TAG.intValue) return String(cursor.readInt64(end));
  const start = cursor.position;
  cursor.skip(tag, end);
  return tag === TAG.doubleValue ? String(cursor.view.getFloat64(start, true)) : undefined;
}

function readText(cursor: WireCursor, end: number): string {
  const textEnd = cursor.readLength(end);
  const text = decodeText(cursor.bytes, cursor.view, cursor.position, textEnd - cursor.position) ?? '';
  cursor.position = textEnd;
  return text;
}
