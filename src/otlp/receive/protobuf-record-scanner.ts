import { FLOW_ATTRIBUTES, FLOW_EVENT_NAME } from '../../model/flow-attributes.ts';
import { AttributeKeys } from './attribute-keys.ts';
import { checkField, MOST_FIELDS } from './check-message.ts';
import { LOG_RECORD } from './otlp-schema.ts';
import { isInt, isText, PART, type RecordParts } from './record-parts.ts';
import { scanAnyAttribute } from './scan-any-attribute.ts';
import { TextCache } from './text-cache.ts';
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

/** Texts that differ from flow to flow would push the others out of a common cache. */
const ID_NAMES: readonly string[] = ['flow.id', 'flow.community_id', 'flow.nat.community_id'];
const IS_ID = Uint8Array.from(FLOW_ATTRIBUTES, ({ name }) => (ID_NAMES.includes(name) ? 1 : 0));
const CACHE_SLOTS = 4096;
const EVENT_NAME = Buffer.from(FLOW_EVENT_NAME);

/** Finds the parts of protobuf log records, checking all of them. */
export class ProtobufRecordScanner {
  readonly #mostAttributes: number;
  readonly #keys = new AttributeKeys();
  readonly #texts = new TextCache(CACHE_SLOTS);
  readonly #ids = new TextCache(CACHE_SLOTS);
  /** The text that each attribute had last. */
  readonly #accepted: (string | undefined)[] = FLOW_ATTRIBUTES.map(() => undefined);

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
    const isScanned =
      bytes[valueAt + 2] === TAG.intValue
        ? scanInt(cursor, id, start, valueAt + 3, end, parts)
        : bytes[valueAt + 2] === TAG.stringValue && this.#scanText(cursor, id, start, valueAt + 3, end, parts);
    if (isScanned) cursor.position = end;
    return isScanned;
  }

  #scanText(cursor: WireCursor, id: number, start: number, at: number, end: number, parts: RecordParts): boolean {
    const length = end - at - 1;
    if (cursor.bytes[at] !== length) return false;
    const cache = IS_ID[id] === 1 ? this.#ids : this.#texts;
    const text = cache.read(cursor.bytes, cursor.view, at + 1, length);
    if (text === undefined) return false;
    if (text === this.#accepted[id] || isText(id, text)) {
      this.#accepted[id] = text;
      parts.add(id, start, end, text);
    } else parts.addAny(id, start, end, text);
    return true;
  }
}

function scanInt(cursor: WireCursor, id: number, start: number, at: number, end: number, parts: RecordParts): boolean {
  const { bytes } = cursor;
  const first = bytes[at] as number;
  const second = bytes[at + 1] as number;
  let value: number;
  if (end - at === 1 && first < SHORT) value = first;
  else if (end - at === 2 && first >= SHORT && second < SHORT) value = (first & 0x7f) | (second << 7);
  else {
    cursor.position = at;
    value = cursor.readInt64(end);
    if (cursor.position !== end) return false;
  }
  if (isInt(id, value)) parts.add(id, start, end, value);
  else parts.addAny(id, start, end, value);
  return true;
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
