import { isInt64 } from '../../lib/int64.ts';
import type { ProtobufWriter } from '../../lib/protobuf-writer.ts';

/** Tags (field number × 8 + wire type) of opentelemetry/proto/common/v1/common.proto. */
const STRING_VALUE = 0x0a;
const BOOL_VALUE = 0x10;
const INT_VALUE = 0x18;
const DOUBLE_VALUE = 0x21;
const LIST_VALUE = 0x2a;
const MAP_VALUE = 0x32;
/** `values` of ArrayValue and KeyValueList. */
const VALUES = 0x0a;
const KEY = 0x0a;
const VALUE = 0x12;

const QUOTE = 0x22;
const COMMA = 0x2c;
const MINUS = 0x2d;
const OPEN_LIST = 0x5b;
const BACKSLASH = 0x5c;
const CLOSE_LIST = 0x5d;
const LETTER_F = 0x66;
const LETTER_N = 0x6e;
const LETTER_T = 0x74;
const OPEN_MAP = 0x7b;
const CLOSE_MAP = 0x7d;
const DIGIT_0 = 0x30;
const DIGIT_9 = 0x39;
/** From the closing quote of a key over the colon to the value. */
const AFTER_KEY = 2;

/** Room for a length: those of maps take two bytes nearly always, those of all else mostly one. */
const SHORT = 1;
const LONG = 2;
/** Tag and length of a string value, and the longest one with which both lengths still take one byte. */
const STRING_HEAD = 2;
const MOST_SHORT = 0x7f - STRING_HEAD;
/** Whole numbers of so many digits are added up; longer ones are left to the runtime. */
const EXACT_DIGITS = 15;

/**
 * Writes JSON text as an OTLP `AnyValue`, byte by byte in one pass: objects become maps in the order of their keys, whole
 * numbers ints where they are int64, other numbers doubles, null an empty value. The text is podflow's own: ASCII, without
 * white space, and not checked.
 */
export class JsonMapWriter {
  readonly #writer: ProtobufWriter;
  #json: Buffer = Buffer.alloc(0);
  #at = 0;
  #isEscaped = false;

  constructor(writer: ProtobufWriter) {
    this.#writer = writer;
  }

  /** Writes a field with the value that begins at `start` of the text. */
  write(fieldTag: number, json: Buffer, start: number): void {
    this.#json = json;
    this.#at = start;
    this.#writeField(fieldTag);
  }

  #writeField(fieldTag: number): void {
    const first = this.#json[this.#at];
    if (first === QUOTE) return this.#writeStringField(fieldTag);
    const writer = this.#writer;
    const room = first === OPEN_MAP ? LONG : SHORT;
    writer.writeByte(fieldTag);
    const start = writer.openLength(room);
    if (first === OPEN_MAP) this.#writeMap();
    else if (first === OPEN_LIST) this.#writeList();
    else this.#writeScalar(first);
    writer.closeLength(start, room);
  }

  #writeScalar(first: number | undefined): void {
    if (first === LETTER_N) this.#at += 'null'.length;
    else if (first === LETTER_T) this.#writeBool(1, 'true'.length);
    else if (first === LETTER_F) this.#writeBool(0, 'false'.length);
    else this.#writeNumber();
  }

  #writeMap(): void {
    const writer = this.#writer;
    writer.writeByte(MAP_VALUE);
    const start = writer.openLength(LONG);
    this.#at++;
    while (this.#json[this.#at] !== CLOSE_MAP) {
      this.#writeMember();
      if (this.#json[this.#at] === COMMA) this.#at++;
    }
    this.#at++;
    writer.closeLength(start, LONG);
  }

  #writeMember(): void {
    const writer = this.#writer;
    const end = this.#endOfString();
    const room = this.#json[end + AFTER_KEY] === OPEN_MAP ? LONG : SHORT;
    writer.writeByte(VALUES);
    const start = writer.openLength(room);
    this.#writeString(KEY, end);
    this.#at++;
    this.#writeField(VALUE);
    writer.closeLength(start, room);
  }

  #writeList(): void {
    const writer = this.#writer;
    writer.writeByte(LIST_VALUE);
    const start = writer.openLength(SHORT);
    this.#at++;
    while (this.#json[this.#at] !== CLOSE_LIST) {
      this.#writeField(VALUES);
      if (this.#json[this.#at] === COMMA) this.#at++;
    }
    this.#at++;
    writer.closeLength(start, SHORT);
  }

  /** Where the string that begins here has its closing quote; and notes whether something in it is escaped. */
  #endOfString(): number {
    const json = this.#json;
    let end = this.#at + 1;
    this.#isEscaped = false;
    for (let byte = json[end]; byte !== QUOTE; byte = json[end]) {
      if (byte === BACKSLASH) this.#isEscaped = true;
      end += byte === BACKSLASH ? 2 : 1;
    }
    return end;
  }

  /** A field with a string: nearly always a short one, all of whose lengths take one byte. */
  #writeStringField(fieldTag: number): void {
    const writer = this.#writer;
    const end = this.#endOfString();
    const length = end - this.#at - 1;
    writer.writeByte(fieldTag);
    if (!this.#isEscaped && length <= MOST_SHORT) {
      writer.writeByte(length + STRING_HEAD);
      this.#writeString(STRING_VALUE, end);
      return;
    }
    const start = writer.openLength(LONG);
    this.#writeString(STRING_VALUE, end);
    writer.closeLength(start, LONG);
  }

  /** The string that begins here and has its closing quote at `end`, of which `#isEscaped` is known. */
  #writeString(tag: number, end: number): void {
    const writer = this.#writer;
    const json = this.#json;
    const from = this.#at + 1;
    this.#at = end + 1;
    writer.writeByte(tag);
    if (this.#isEscaped) return this.#writeEscaped(from - 1, end + 1);
    writer.writeVarint(end - from);
    writer.reserve(end - from);
    const { bytes } = writer;
    let { position } = writer;
    for (let i = from; i < end; i++) bytes[position++] = json[i] ?? 0;
    writer.position = position;
  }

  #writeEscaped(start: number, end: number): void {
    const utf8 = Buffer.from(JSON.parse(this.#json.toString('latin1', start, end)) as string);
    this.#writer.writeVarint(utf8.length);
    this.#writer.writeBytes(utf8);
  }

  #writeBool(value: 0 | 1, length: number): void {
    this.#writer.writeByte(BOOL_VALUE);
    this.#writer.writeByte(value);
    this.#at += length;
  }

  #writeNumber(): void {
    const json = this.#json;
    const start = this.#at;
    const isNegative = json[start] === MINUS;
    let at = isNegative ? start + 1 : start;
    let whole = 0;
    for (let byte = json[at]; byte !== undefined && byte >= DIGIT_0 && byte <= DIGIT_9; byte = json[++at])
      whole = whole * 10 + byte - DIGIT_0;
    this.#at = at;
    const isWhole = json[at] === COMMA || json[at] === CLOSE_MAP || json[at] === CLOSE_LIST;
    if (isWhole && at - start <= EXACT_DIGITS) this.#writeInt(isNegative ? -whole : whole);
    else this.#writeOther(start);
  }

  /** Numbers with a fraction or an exponent, or many digits. */
  #writeOther(start: number): void {
    const json = this.#json;
    let end = start;
    while (json[end] !== COMMA && json[end] !== CLOSE_MAP && json[end] !== CLOSE_LIST) end++;
    this.#at = end;
    const value = Number(json.toString('latin1', start, end));
    if (Number.isInteger(value) && isInt64(value)) this.#writeInt(value);
    else this.#writeDouble(value);
  }

  #writeInt(value: number): void {
    this.#writer.writeByte(INT_VALUE);
    this.#writer.writeVarint(value);
  }

  #writeDouble(value: number): void {
    this.#writer.writeByte(DOUBLE_VALUE);
    double.setFloat64(0, value, true);
    this.#writer.writeBytes(doubleBytes);
  }
}

const double = new DataView(new ArrayBuffer(8));
const doubleBytes = new Uint8Array(double.buffer);
