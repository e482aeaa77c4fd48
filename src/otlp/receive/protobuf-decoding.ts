import type { Resource } from '../../model/resource.ts';
import { checkField, checkMessage, MOST_FIELDS } from './check-message.ts';
import type { DecodeContext, LogsContent } from './logs-content.ts';
import { LOGS_REQUEST, RESOURCE, RESOURCE_LOGS, SCOPE, SCOPE_LOGS, type Message } from './otlp-schema.ts';
import { decodeResource } from './decode-resource.ts';
import type { ProtobufRecordScanner } from './protobuf-record-scanner.ts';
import type { RecordParts } from './record-parts.ts';
import { WireCursor } from './wire-cursor.ts';

/** Tags of the messages that hold log records. */
export const REQUEST_TAG = {
  resourceLogs: 0x0a,
  resource: 0x0a,
  scopeLogs: 0x12,
  scope: 0x0a,
  logRecords: 0x12,
} as const;

const NOBODY: Resource = new Map();

/**
 * The decoding of one `ExportLogsServiceRequest` in protobuf, step by step. Everything in it is checked, what is passed
 * on unread too, so that one sender's broken request is answered as its own.
 */
export class ProtobufDecoding {
  readonly #cursor: WireCursor;
  readonly #content: LogsContent;
  readonly #context: DecodeContext;
  readonly #scanner: ProtobufRecordScanner;
  readonly #parts: RecordParts;

  /** Scanner and parts may be those of other decodings: no step leaves anything in them. */
  constructor(
    body: Buffer,
    content: LogsContent,
    context: DecodeContext,
    scanner: ProtobufRecordScanner,
    parts: RecordParts,
  ) {
    this.#cursor = new WireCursor(body);
    this.#content = content;
    this.#context = context;
    this.#scanner = scanner;
    this.#parts = parts;
  }

  /** Fills the content; gives what is wrong with the request, undefined when nothing is. */
  *steps(): Generator<void, string | undefined> {
    const cursor = this.#cursor;
    const end = cursor.bytes.length;
    while (cursor.position < end) {
      const tag = cursor.readTag(end);
      this.#countField();
      if (tag === REQUEST_TAG.resourceLogs) yield* this.#resourceLogs(cursor.readLength(end));
      else this.#check(tag, LOGS_REQUEST, end);
      if (this.#content.endsStep(cursor.position)) yield;
    }
    return cursor.problem;
  }

  *#resourceLogs(end: number): Generator<void, void> {
    const cursor = this.#cursor;
    // The parts of a message that comes several times are one message.
    const resource: Buffer[] = [];
    while (cursor.position < end) {
      const tag = cursor.readTag(end);
      this.#countField();
      if (tag === REQUEST_TAG.scopeLogs) yield* this.#scopeLogs(cursor.readLength(end));
      else if (tag === REQUEST_TAG.resource) resource.push(this.#checkWhole(RESOURCE, end));
      else this.#check(tag, RESOURCE_LOGS, end);
      if (this.#content.endsStep(cursor.position)) yield;
    }
    if (cursor.problem === undefined) this.#endResource(resource);
  }

  #endResource(parts: readonly Buffer[]): void {
    const byteCount = parts.reduce((sum, { length }) => sum + length, 0);
    if (byteCount > this.#context.limits.valueBytes) return this.#cursor.fail('a resource is too large');
    const bytes = parts.length === 1 ? (parts[0] as Buffer) : Buffer.concat(parts);
    this.#content.endResource(byteCount === 0 ? NOBODY : this.#context.resources.get(bytes, decodeResource));
  }

  *#scopeLogs(end: number): Generator<void, void> {
    const cursor = this.#cursor;
    while (cursor.position < end) {
      const tag = cursor.readTag(end);
      if (tag === REQUEST_TAG.logRecords) this.#logRecord(cursor.readLength(end));
      else {
        this.#countField();
        if (tag === REQUEST_TAG.scope) this.#checkWhole(SCOPE, end);
        else this.#check(tag, SCOPE_LOGS, end);
      }
      if (this.#content.endsStep(cursor.position)) yield;
    }
  }

  #logRecord(end: number): void {
    const cursor = this.#cursor;
    this.#checkSize(end);
    if (cursor.problem !== undefined) return;
    this.#scanner.scan(cursor, end, this.#parts);
    if (cursor.problem !== undefined) return;
    const problem = this.#content.add(this.#parts);
    if (problem !== undefined) cursor.fail(problem);
  }

  /** Checks a message whose tag was read; gives its bytes. */
  #checkWhole(message: Message, outerEnd: number): Buffer {
    const cursor = this.#cursor;
    const end = cursor.readLength(outerEnd);
    const start = cursor.position;
    this.#checkSize(end);
    cursor.fieldsLeft = MOST_FIELDS;
    checkMessage(cursor, message, end);
    return cursor.bytes.subarray(start, end);
  }

  #check(tag: number, message: Message, end: number): void {
    this.#cursor.fieldsLeft = MOST_FIELDS;
    checkField(this.#cursor, tag, message, end);
  }

  #checkSize(end: number): void {
    const { valueBytes } = this.#context.limits;
    if (end - this.#cursor.position > valueBytes)
      this.#cursor.fail(`a log record, scope or resource is larger than ${valueBytes} bytes`);
  }

  #countField(): void {
    const problem = this.#content.countField();
    if (problem !== undefined) this.#cursor.fail(problem);
  }
}
