import { traceCommunityId } from '../../lib/trace-id.ts';
import { FLOW_ATTRIBUTES } from '../../model/flow-attributes.ts';
import type { FlowRecord } from '../../model/flow-record.ts';
import { encodeKey } from '../../lib/key-value-writer.ts';
import { RECORD_TAG, writeAttribute, writeSeverity, writeTraceId } from '../../lib/log-record-fields.ts';
import { ProtobufWriter, sizeOfVarint32 } from '../../lib/protobuf-writer.ts';
import { READ } from './flow-attribute-table.ts';
import { REQUEST_TAG } from './protobuf-decoding.ts';
import type { ProtobufRecordScanner } from './protobuf-record-scanner.ts';
import type { RecordChanges } from './record-changes.ts';
import type { RecordParts } from './record-parts.ts';
import { WireCursor } from './wire-cursor.ts';

const KEYS = FLOW_ATTRIBUTES.map(({ name }) => encodeKey(RECORD_TAG.attributes, name));
/** What translation adds to a record, roughly. */
const GROWTH_BYTES = 192;
const STEP_RECORDS = 32;
const STEP_BYTES = 256 * 1024;
/** Shorter runs are copied byte by byte, which takes less than a call. */
const SHORT_RUN = 24;

/**
 * Writes a decoded protobuf request anew with what its flows say now. Of a changed record only the attributes that
 * differ are written, at its end; all other bytes are copied, as are all records that did not change.
 */
export class ProtobufRewriting {
  readonly #body: Buffer;
  readonly #cursor: WireCursor;
  readonly #flows: readonly FlowRecord[];
  readonly #scanner: ProtobufRecordScanner;
  readonly #parts: RecordParts;
  readonly #changes: RecordChanges;
  readonly #writer: ProtobufWriter;
  #nextFlow = 0;
  #isChanged = false;
  #stepRecords = 0;
  #stepStart = 0;

  /** Scanner, parts and changes may be those of other rewritings: no step leaves anything in them. */
  constructor(
    body: Buffer,
    flows: readonly FlowRecord[],
    scanner: ProtobufRecordScanner,
    parts: RecordParts,
    changes: RecordChanges,
  ) {
    this.#body = body;
    this.#cursor = new WireCursor(body);
    this.#flows = flows;
    this.#scanner = scanner;
    this.#parts = parts;
    this.#changes = changes;
    this.#writer = new ProtobufWriter(body.length + flows.length * GROWTH_BYTES + 64);
  }

  /** Gives the request's bytes: the very ones that came when no record changed. */
  *steps(): Generator<void, Uint8Array> {
    yield* this.#copyMessage(REQUEST_TAG.resourceLogs, this.#body.length, (resourceLogsEnd) =>
      this.#copyMessage(REQUEST_TAG.scopeLogs, resourceLogsEnd, (scopeLogsEnd) => this.#copyScopeLogs(scopeLogsEnd)),
    );
    return this.#isChanged ? this.#writer.bytes.subarray(0, this.#writer.position) : this.#body;
  }

  /** Copies the fields up to `end`; those with `tag` hold messages, whose content `copyContent` copies. */
  *#copyMessage(tag: number, end: number, copyContent: (end: number) => Generator<void, void>): Generator<void, void> {
    const cursor = this.#cursor;
    const writer = this.#writer;
    while (cursor.position < end) {
      const start = cursor.position;
      if (cursor.readTag(end) !== tag) {
        cursor.position = start;
        this.#copyField(end);
      } else {
        const contentEnd = cursor.readLength(end);
        const lengthBytes = sizeOfVarint32(contentEnd - cursor.position);
        writer.writeByte(tag);
        const contentStart = writer.openLength(lengthBytes);
        yield* copyContent(contentEnd);
        writer.closeLength(contentStart, lengthBytes);
      }
      if (this.#endsStep()) yield;
    }
  }

  *#copyScopeLogs(end: number): Generator<void, void> {
    const cursor = this.#cursor;
    while (cursor.position < end) {
      const start = cursor.position;
      const isRecord = cursor.readTag(end) === REQUEST_TAG.logRecords;
      if (isRecord) this.#copyRecord(start, cursor.readLength(end));
      else {
        cursor.position = start;
        this.#copyField(end);
      }
      if (this.#endsStep()) yield;
    }
  }

  #copyRecord(start: number, end: number): void {
    const cursor = this.#cursor;
    const contentStart = cursor.position;
    this.#stepRecords++;
    this.#scanner.scan(cursor, end, this.#parts);
    const flow = this.#parts.isFlow ? this.#flows[this.#nextFlow++] : undefined;
    if (flow === undefined || !this.#changes.find(this.#parts, flow)) this.#copy(start, end);
    else this.#writeRecord(flow, contentStart, end);
  }

  #writeRecord(flow: FlowRecord, start: number, end: number): void {
    const writer = this.#writer;
    this.#isChanged = true;
    writer.writeByte(REQUEST_TAG.logRecords);
    const lengthBytes = sizeOfVarint32(end - start);
    const contentStart = writer.openLength(lengthBytes);
    const traceStart = writer.position;
    writeTraceId(writer, traceCommunityId(flow));
    this.#copyKept(start, end, writer.position > traceStart);
    const { attributes, isTimeChanged, isSeverityChanged } = this.#changes;
    if (isTimeChanged) {
      writer.writeByte(RECORD_TAG.timeUnixNano);
      writer.writeFixed64(flow.intervalEndNs);
    }
    if (isSeverityChanged) writeSeverity(writer, flow.verdict);
    for (const id of attributes)
      writeAttribute(writer, KEYS[id] as (typeof KEYS)[number], (READ[id] as (typeof READ)[number])(flow));
    writer.closeLength(contentStart, lengthBytes);
  }

  /** Copies the record's content but for what is left out, in runs as long as can be. */
  #copyKept(start: number, end: number, hasTraceId: boolean): void {
    const { ids, starts, ends, count } = this.#parts;
    let from = start;
    for (let i = 0; i < count; i++) {
      if (!this.#changes.isLeftOut(ids[i] as number, hasTraceId)) continue;
      this.#copy(from, starts[i] as number);
      from = ends[i] as number;
    }
    this.#copy(from, end);
  }

  #copyField(end: number): void {
    const start = this.#cursor.position;
    this.#cursor.skip(this.#cursor.readTag(end), end);
    this.#copy(start, this.#cursor.position);
  }

  #copy(start: number, end: number): void {
    const writer = this.#writer;
    const body = this.#body;
    writer.reserve(end - start);
    if (end - start > SHORT_RUN) body.copy(writer.bytes, writer.position, start, end);
    else for (let i = start; i < end; i++) writer.bytes[writer.position + i - start] = body[i] as number;
    writer.position += end - start;
  }

  #endsStep(): boolean {
    if (this.#stepRecords < STEP_RECORDS && this.#cursor.position - this.#stepStart < STEP_BYTES) return false;
    this.#stepRecords = 0;
    this.#stepStart = this.#cursor.position;
    return true;
  }
}
