import { traceCommunityId } from '../lib/trace-id.ts';
import { FLOW_ATTRIBUTES, FLOW_EVENT_NAME, type FlowAttribute } from '../model/flow-attributes.ts';
import type { FlowRecord } from '../model/flow-record.ts';
import type { Resource } from '../model/resource.ts';
import { encodeKey, type EncodedKey } from '../lib/key-value-writer.ts';
import { RECORD_TAG, writeAttribute, writeSeverity, writeTraceId } from '../lib/log-record-fields.ts';
import { ProtobufWriter } from '../lib/protobuf-writer.ts';
import { encodeField, RequestHead } from '../lib/request-head.ts';

/** `ScopeLogs.log_records`. */
const LOG_RECORDS = 0x12;

/** A record of some 800 bytes has a length of two. */
const RECORD_LENGTH_BYTES = 2;
const INITIAL_BYTES = 64 * 1024;

const EVENT_NAME = encodeField(RECORD_TAG.eventName, Buffer.from(FLOW_EVENT_NAME));

/**
 * Encodes flow records into one `ExportLogsServiceRequest` (opentelemetry-proto 1.x, fields in the order of their
 * numbers) with one resource and one scope. The buffer is used again for the next request.
 *
 * Absent attributes are left out, numbers that are no int64 too; a record whose Community ID is none has no trace id.
 */
export class LogsRequestEncoder {
  recordCount = 0;
  readonly #writer = new ProtobufWriter(INITIAL_BYTES);
  readonly #head: RequestHead;
  readonly #attributes: readonly EncodedAttribute[] = FLOW_ATTRIBUTES.map(({ name, read }) => ({
    key: encodeKey(RECORD_TAG.attributes, name),
    read,
  }));

  constructor(resource: Resource, scopeVersion: string) {
    this.#head = new RequestHead(resource, scopeVersion);
    this.#begin();
  }

  /** Bytes of the open request so far. */
  get byteCount(): number {
    return this.#writer.position;
  }

  /** Adds a record, observed at `observedNs` (Unix epoch). False when it could not be encoded: nothing was added. */
  append(record: FlowRecord, observedNs: number): boolean {
    const start = this.#writer.position;
    try {
      this.#writeRecord(record, observedNs);
    } catch {
      this.#writer.position = start;
      return false;
    }
    this.recordCount++;
    return true;
  }

  /** Ends the request. The bytes are a view of the buffer: valid until the next `append`. */
  finish(): Uint8Array<ArrayBuffer> {
    const { bytes, position } = this.#writer;
    const start = this.#head.put(bytes, this.#head.maxBytes, position);
    this.#begin();
    return bytes.subarray(start, position);
  }

  #begin(): void {
    this.recordCount = 0;
    this.#writer.position = 0;
    this.#writer.reserve(this.#head.maxBytes);
    this.#writer.position = this.#head.maxBytes;
  }

  #writeRecord(record: FlowRecord, observedNs: number): void {
    const writer = this.#writer;
    writer.writeByte(LOG_RECORDS);
    const recordStart = writer.openLength(RECORD_LENGTH_BYTES);
    writer.writeByte(RECORD_TAG.timeUnixNano);
    writer.writeFixed64(record.intervalEndNs);
    writeSeverity(writer, record.verdict);
    for (const { key, read } of this.#attributes) writeAttribute(writer, key, read(record));
    writeTraceId(writer, traceCommunityId(record));
    writer.writeByte(RECORD_TAG.observedTimeUnixNano);
    writer.writeFixed64(observedNs);
    writer.writeBytes(EVENT_NAME);
    writer.closeLength(recordStart, RECORD_LENGTH_BYTES);
  }
}

interface EncodedAttribute {
  readonly key: EncodedKey;
  readonly read: FlowAttribute['read'];
}
