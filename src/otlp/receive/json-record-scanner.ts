import { FLOW_ATTRIBUTES, FLOW_EVENT_NAME } from '../../model/flow-attributes.ts';
import { IS_INT, type AttributeValue } from './flow-attribute-table.ts';
import type { JsonCursor } from './json-cursor.ts';
import { readJsonInt, readJsonText } from './json-text.ts';
import { MOST_TEXT_BYTES, PART, type RecordParts } from './record-parts.ts';
import { TextCache } from './text-cache.ts';

const INDEXES: ReadonlyMap<string, number> = new Map(FLOW_ATTRIBUTES.map(({ name }, index) => [name, index]));
const MEMBER_PARTS: Readonly<Record<string, number>> = {
  timeUnixNano: PART.time,
  severityNumber: PART.severity,
  severityText: PART.severity,
  traceId: PART.traceId,
};
const VALUE_NAMES = new Set(
  ['string', 'bool', 'int', 'double', 'array', 'kvlist', 'bytes'].map((type) => `${type}Value`),
);
const QUOTE = 0x22;
const NULL = 0x6e;
const CACHE_SLOTS = 1024;

/** Finds the parts of JSON log records (OTLP 1.x, "JSON Protobuf Encoding"); all elements and members are parts. */
export class JsonRecordScanner {
  readonly texts = new TextCache(CACHE_SLOTS);
  readonly #mostAttributes: number;
  #value: AttributeValue;
  #isTooLong = false;

  constructor(mostAttributes: number) {
    this.#mostAttributes = mostAttributes;
  }

  /** Scans the record at the cursor and goes past it. What is wrong stands in the cursor. */
  scan(cursor: JsonCursor, parts: RecordParts): void {
    parts.clear();
    if (!cursor.openObject()) return cursor.fail('a log record is no object');
    let hasAttributes = false;
    while (cursor.nextMember()) {
      const start = cursor.textStart - 1;
      const name = readJsonText(cursor, this.texts);
      if (name === 'attributes') {
        if (hasAttributes) return cursor.fail('a log record has attributes twice');
        hasAttributes = true;
        this.#scanAttributes(cursor, parts);
      } else this.#scanMember(cursor, name, start, parts);
    }
    if (parts.isOverfull) cursor.fail('a log record has too many members');
  }

  #scanMember(cursor: JsonCursor, name: string, start: number, parts: RecordParts): void {
    const kind = cursor.peek();
    const valueStart = cursor.position;
    cursor.skip();
    if (name === 'eventName') parts.isFlow = kind === QUOTE && readJsonText(cursor, this.texts) === FLOW_EVENT_NAME;
    if (name === 'timeUnixNano' && kind !== NULL) {
      const timeNs = readJsonInt(cursor, valueStart);
      if (timeNs === undefined) return cursor.fail('timeUnixNano is no integer');
      parts.timeNs = timeNs;
    }
    if (cursor.problem === undefined) parts.add(MEMBER_PARTS[name] ?? PART.member, start, cursor.position);
  }

  #scanAttributes(cursor: JsonCursor, parts: RecordParts): void {
    if (cursor.peek() === NULL) return cursor.skip();
    if (!cursor.openArray()) return cursor.fail('attributes are no array');
    let attributes = 0;
    while (cursor.nextElement()) {
      if (++attributes > this.#mostAttributes)
        return cursor.fail(`a log record has over ${this.#mostAttributes} attributes`);
      cursor.peek();
      const start = cursor.position;
      const id = this.#scanAttribute(cursor);
      if (id < 0) parts.add(id, start, cursor.position);
      else if (this.#isTooLong) parts.addIgnored(id, start, cursor.position, 'too_long');
      else parts.addAny(id, start, cursor.position, this.#value);
    }
  }

  /** Goes past a `KeyValue`; gives the attribute's index. */
  #scanAttribute(cursor: JsonCursor): number {
    this.#value = undefined;
    this.#isTooLong = false;
    let id: number = PART.other;
    let valueStart = -1;
    if (!cursor.openObject()) cursor.fail('an attribute is no object');
    while (cursor.nextMember()) {
      const name = readJsonText(cursor, this.texts);
      if (name === 'value') valueStart = cursor.position;
      const kind = cursor.peek();
      cursor.skip();
      if (name === 'key') id = kind === QUOTE ? this.#findIndex(cursor) : PART.other;
    }
    if (id >= 0 && cursor.problem === undefined) this.#readValue(cursor, id, valueStart);
    return id;
  }

  #findIndex(cursor: JsonCursor): number {
    return INDEXES.get(readJsonText(cursor, this.texts)) ?? PART.other;
  }

  /** Reads a checked `AnyValue`; the cursor stays where it is. */
  #readValue(cursor: JsonCursor, id: number, start: number): void {
    const end = cursor.position;
    cursor.position = start;
    if (start >= 0 && cursor.openObject()) {
      while (cursor.nextMember()) {
        const name = readJsonText(cursor, this.texts);
        const isNull = cursor.peek() === NULL;
        const valueStart = cursor.position;
        cursor.skip();
        if (!isNull && VALUE_NAMES.has(name)) this.#takeScalar(cursor, id, name, valueStart);
      }
    }
    cursor.position = end;
  }

  #takeScalar(cursor: JsonCursor, id: number, name: string, start: number): void {
    const isText = name === 'stringValue' && IS_INT[id] === 0 && cursor.bytes[start] === QUOTE;
    this.#isTooLong = isText && cursor.textEnd - cursor.textStart > MOST_TEXT_BYTES;
    this.#value = undefined;
    if (name === 'intValue' && IS_INT[id] === 1) this.#value = readJsonInt(cursor, start);
    else if (isText && !this.#isTooLong) this.#value = readJsonText(cursor, this.texts);
  }
}
