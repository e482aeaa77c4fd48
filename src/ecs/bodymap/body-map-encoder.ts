import { encodeKey, writeStringField, type EncodedKey } from '../../lib/key-value-writer.ts';
import { RECORD_TAG, writeSeverity, writeTraceId } from '../../lib/log-record-fields.ts';
import { ProtobufWriter } from '../../lib/protobuf-writer.ts';
import { encodeField, RequestHead } from '../../lib/request-head.ts';
import type { Connection } from '../../model/connection.ts';
import { FLOW_EVENT_NAME } from '../../model/flow-attributes.ts';
import type { Resource } from '../../model/resource.ts';
import type { BulkLines } from '../document/bulk-lines.ts';
import { DATASET } from '../document/document-encoder.ts';
import { JsonMapWriter } from './json-map-writer.ts';

/** `ScopeLogs.log_records`. */
const LOG_RECORDS = 0x12;
/** A record of some 2 KB has a length of two. */
const RECORD_LENGTH_BYTES = 2;
const INITIAL_BYTES = 64 * 1024;
const EVENT_NAME = encodeField(RECORD_TAG.eventName, Buffer.from(FLOW_EVENT_NAME));
/** By this the Collector's Elasticsearch exporter takes the body as the document, whatever its configuration. */
const SCOPE_ATTRIBUTES = new Map([['elastic.mapping.mode', 'bodymap']]);

export interface BodyMapEncoderOptions {
  /** Who sends: podflow itself. */
  readonly resource: Resource;
  readonly scopeVersion: string;
  /** `data_stream.namespace`, the one that the documents name. */
  readonly namespace: string;
}

/**
 * Encodes documents into one `ExportLogsServiceRequest` for a Collector's Elasticsearch exporter: a record for each, whose
 * body is the document as a map and whose attributes say under which id and in which data stream it is to be stored.
 */
export class BodyMapEncoder {
  readonly #writer = new ProtobufWriter(INITIAL_BYTES);
  readonly #body = new JsonMapWriter(this.#writer);
  readonly #head: RequestHead;
  readonly #idKey: EncodedKey = encodeKey(RECORD_TAG.attributes, 'elasticsearch.document_id');
  readonly #streamAttributes: Uint8Array;

  constructor({ resource, scopeVersion, namespace }: BodyMapEncoderOptions) {
    this.#head = new RequestHead(resource, scopeVersion, SCOPE_ATTRIBUTES);
    this.#streamAttributes = encodeStreamAttributes(namespace);
  }

  /**
   * Encodes the documents `from` … `to - 1` of a batch, of which `lines` has the texts. The bytes are a view of the
   * encoder's buffer: valid until the next call.
   */
  encode(batch: readonly Connection[], lines: BulkLines, from: number, to: number): Uint8Array {
    const writer = this.#writer;
    const recordsStart = this.#head.maxBytes;
    writer.position = 0;
    writer.reserve(recordsStart);
    writer.position = recordsStart;
    const observedNs = Date.now() * 1e6;
    for (let document = from; document < to; document++) {
      const connection = batch[document];
      if (connection !== undefined) this.#writeRecord(connection, lines, document, observedNs);
    }
    const start = this.#head.put(writer.bytes, recordsStart, writer.position);
    return writer.bytes.subarray(start, writer.position);
  }

  #writeRecord(connection: Connection, lines: BulkLines, document: number, observedNs: number): void {
    const writer = this.#writer;
    writer.writeByte(LOG_RECORDS);
    const start = writer.openLength(RECORD_LENGTH_BYTES);
    writer.writeByte(RECORD_TAG.timeUnixNano);
    writer.writeFixed64(connection.record.intervalEndNs);
    writeSeverity(writer, connection.verdict);
    this.#body.write(RECORD_TAG.body, lines.bytes, lines.sourceStart(document));
    writeStringField(writer, this.#idKey, lines.id(document));
    writer.writeBytes(this.#streamAttributes);
    writeTraceId(writer, connection.joinId);
    writer.writeByte(RECORD_TAG.observedTimeUnixNano);
    writer.writeFixed64(observedNs);
    writer.writeBytes(EVENT_NAME);
    writer.closeLength(start, RECORD_LENGTH_BYTES);
  }
}

function encodeStreamAttributes(namespace: string): Uint8Array {
  const writer = new ProtobufWriter(INITIAL_BYTES);
  const attributes = { 'data_stream.type': 'logs', 'data_stream.dataset': DATASET, 'data_stream.namespace': namespace };
  for (const [name, value] of Object.entries(attributes))
    writeStringField(writer, encodeKey(RECORD_TAG.attributes, name), value);
  return writer.bytes.slice(0, writer.position);
}
