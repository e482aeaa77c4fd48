import { FLOW_ATTRIBUTES, FLOW_EVENT_NAME } from '../../model/flow-attributes.ts';
import { AttributeKeys } from './attribute-keys.ts';
import { checkField, MOST_FIELDS } from './check-message.ts';
import { ATTRIBUTE_COUNT } from './flow-attribute-table.ts';
import { LOG_RECORD } from './otlp-schema.ts';
import { isInt, isText, PART, type RecordParts } from './record-parts.ts';
import { scanAnyAttribute } from './scan-any-attribute.ts';
import { decodeText, TextCache } from './text-cache.ts';
import { MOST_BYTES, TextSlots } from './text-slots.ts';
import type { WireCursor } from './wire-cursor.ts';

/** Tags of logs.proto and common.proto. */
const TAG = {
  timeUnixNano: 0x09,
  severityNumber: 0x10,
  severityText: 0x1a,
  attributes: 0x32,
  traceId: 0x4a,
  eventName: 0x62,
  key: 0x0a,
  value: 0x12,
  stringValue: 0x0a,
  intValue: 0x18,
} as const;
const TWO_32 = 2 ** 32;
const SHORT = 0x80;
/** Bits of a varint that fit a small integer. */
const MOST_SHIFT = 28;

/** Texts that differ from flow to flow: to keep them takes longer than to decode them again. */
const ID_NAMES: readonly string[] = ['flow.id', 'flow.community_id', 'flow.nat.community_id'];
const IS_ID = Uint8Array.from(FLOW_ATTRIBUTES, ({ name }) => (ID_NAMES.includes(name) ? 1 : 0));
const CACHE_SLOTS = 4096;
const EVENT_NAME = Buffer.from(FLOW_EVENT_NAME);

/** Finds the parts of protobuf log records, checking all of them. */
export class ProtobufRecordScanner {
  readonly #mostAttributes: number;
  readonly #keys = new AttributeKeys();
  readonly #texts = new TextCache(CACHE_SLOTS);
  /** The text that each attribute had last: most have the same again. */
  readonly #last = new TextSlots(ATTRIBUTE_COUNT);

  constructor(mostAttributes: number) {
    this.#mostAttributes = mostAttributes;
  }

  /** Scans the record from the cursor's position to `end`. What is wrong stands in the cursor. */
  scan(cursor: WireCursor, end: number, parts: RecordParts): void {
    const { bytes } = cursor;
    parts.clear();
    cursor.fieldsLeft = MOST_FIELDS;
    this.#keys.restart();
    let attributes = 0;
    while (cursor.position < end) {
      const start = cursor.position;
      if (bytes[start] !== TAG.attributes) scanField(cursor, start, end, parts);
      else if (++attributes > this.#mostAttributes)
        cursor.fail(`a log record has over ${this.#mostAttributes} attributes`);
      else if (!this.#scanShort(cursor, start, end, parts)) {
        cursor.position = start + 1;
        scanAnyAttribute(cursor, start, end, this.#keys, parts);
      }
    }
    if (parts.isOverfull) cursor.fail('a log record has too many parts');
  }

  /**
   * The way of nearly every attribute: name, then value, all lengths in one byte, the value of the known attribute's
   * type. False when it is not so: the attribute is then to be scanned the long way.
   */
  #scanShort(cursor: WireCursor, start: number, recordEnd: number, parts: RecordParts): boolean {
    const { bytes } = cursor;
    const length = bytes[start + 1] as number;
    const end = start + 2 + length;
    const valueAt = start + 4 + (bytes[start + 3] as number);
    if (length >= SHORT || end > recordEnd || bytes[start + 2] !== TAG.key || valueAt + 3 > end) return false;
    if (bytes[valueAt] !== TAG.value || bytes[valueAt + 1] !== end - valueAt - 2) return false;
    const id = this.#keys.find(cursor.view, start + 4, valueAt - start - 4);
    if (id < 0) return false;
    const value =
      bytes[valueAt + 2] === TAG.intValue
        ? readShortInt(cursor, id, valueAt + 3, end)
        : bytes[valueAt + 2] === TAG.stringValue
          ? this.#readShortText(cursor, id, valueAt + 3, end)
          : undefined;
    if (value === undefined) return false;
    parts.add(id, start, end, value);
    cursor.position = end;
    return true;
  }

  /** Undefined when it cannot stand in a record, or its length is not that of what holds it. */
  #readShortText(cursor: WireCursor, id: number, at: number, end: number): string | undefined {
    const length = end - at - 1;
    if (cursor.bytes[at] !== length) return undefined;
    return this.#last.find(id, cursor.view, at + 1, length) ?? this.#readNewText(cursor, id, at + 1, length);
  }

  #readNewText({ bytes, view }: WireCursor, id: number, start: number, length: number): string | undefined {
    if (IS_ID[id] === 1) return decodeText(bytes, view, start, length);
    const text = this.#texts.read(bytes, view, start, length);
    if (text === undefined || !isText(id, text)) return undefined;
    if (length > 0 && length <= MOST_BYTES) this.#last.keep(id, text, view, start, length);
    return text;
  }
}

/** Undefined when it cannot stand in a record, or its length is not that of what holds it. */
function readShortInt(cursor: WireCursor, id: number, start: number, end: number): number | undefined {
  const { bytes } = cursor;
  let value = 0;
  let at = start;
  for (let shift = 0; shift < MOST_SHIFT; shift += 7) {
    const byte = bytes[at++] as number;
    value |= (byte & 0x7f) << shift;
    if (byte < SHORT) return at === end && isInt(id, value) ? value : undefined;
  }
  return readLongInt(cursor, id, start, end);
}

function readLongInt(cursor: WireCursor, id: number, start: number, end: number): number | undefined {
  cursor.position = start;
  const value = cursor.readInt64(end);
  return cursor.position === end && isInt(id, value) ? value : undefined;
}

/** A field that is no attribute in its usual form. */
function scanField(cursor: WireCursor, start: number, end: number, parts: RecordParts): void {
  const tag = cursor.readTag(end);
  if (tag === TAG.timeUnixNano || tag === TAG.eventName) return scanHead(cursor, tag, start, end, parts);
  checkField(cursor, tag, LOG_RECORD, end);
  const part = toPart(tag);
  if (part !== PART.other && cursor.problem === undefined) parts.add(part, start, cursor.position);
}

function scanHead(cursor: WireCursor, tag: number, start: number, end: number, parts: RecordParts): void {
  const contentStart = cursor.position;
  checkField(cursor, tag, LOG_RECORD, end);
  if (cursor.problem !== undefined) return;
  if (tag === TAG.timeUnixNano) {
    parts.timeNs = cursor.view.getUint32(contentStart, true) + cursor.view.getUint32(contentStart + 4, true) * TWO_32;
    parts.add(PART.time, start, cursor.position);
  } else {
    cursor.position = contentStart;
    const nameEnd = cursor.readLength(end);
    parts.isFlow = isEventName(cursor, nameEnd);
    cursor.position = nameEnd;
  }
}

function isEventName({ bytes, position }: WireCursor, end: number): boolean {
  if (end - position !== EVENT_NAME.length) return false;
  for (let i = 0; i < EVENT_NAME.length; i++) if (bytes[position + i] !== EVENT_NAME[i]) return false;
  return true;
}

function toPart(tag: number): number {
  if (tag === TAG.traceId) return PART.traceId;
  return tag === TAG.severityNumber || tag === TAG.severityText ? PART.severity : PART.other;
}
