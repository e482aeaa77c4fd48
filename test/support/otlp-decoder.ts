import { readFileSync } from 'node:fs';
import protobuf from 'protobufjs';

/**
 * Decodes OTLP in both encodings to the shape of OTLP/JSON, by protobufjs and the published message definitions:
 * nothing of the code under test is used. 64-bit numbers are decimal strings, bytes of ids are hex.
 */
const PROTO = new URL('../fixtures/otlp/otlp.proto', import.meta.url);
const root = protobuf.parse(readFileSync(PROTO, 'utf8')).root;

export type OtlpMessage =
  | 'ExportLogsServiceRequest'
  | 'ExportLogsServiceResponse'
  | 'ExportTraceServiceRequest'
  | 'ExportMetricsServiceRequest'
  | 'Status';

export interface AnyValue {
  stringValue?: string;
  boolValue?: boolean;
  intValue?: string | number;
  doubleValue?: number;
  arrayValue?: { values?: AnyValue[] };
  kvlistValue?: { values?: KeyValue[] };
  bytesValue?: string;
}
export interface KeyValue {
  key: string;
  value?: AnyValue;
}
export interface LogRecord {
  timeUnixNano?: string;
  observedTimeUnixNano?: string;
  severityNumber?: number;
  severityText?: string;
  eventName?: string;
  traceId?: string;
  spanId?: string;
  attributes?: KeyValue[];
  droppedAttributesCount?: number;
}
interface Scope {
  name?: string;
  version?: string;
}
interface Resource {
  attributes?: KeyValue[];
  droppedAttributesCount?: number;
}
export interface LogsRequest {
  resourceLogs?: { resource?: Resource; scopeLogs?: { scope?: Scope; logRecords?: LogRecord[] }[] }[];
}
export interface TraceRequest {
  resourceSpans?: { resource?: Resource; scopeSpans?: { scope?: Scope; spans?: { name: string }[] }[] }[];
}
export interface MetricsRequest {
  resourceMetrics?: { resource?: Resource; scopeMetrics?: { scope?: Scope; metrics?: { name: string }[] }[] }[];
}

/** Decodes protobuf bytes; throws when they are not such a message. */
export function decodeProtobuf(message: OtlpMessage, bytes: Uint8Array): object {
  const type = root.lookupType(`otlp.${message}`);
  const plain = type.toObject(type.decode(bytes), { longs: String, bytes: String });
  return withHexIds(plain);
}

/** Encodes what `decodeProtobuf` gives: fields in the order of their numbers, lengths as short as they can be. */
export function encodeProtobuf(message: OtlpMessage, content: object): Uint8Array {
  const type = root.lookupType(`otlp.${message}`);
  return type.encode(type.fromObject(withBase64Ids(content))).finish();
}

export function decodeLogsRequest(bytes: Uint8Array): LogsRequest {
  return decodeProtobuf('ExportLogsServiceRequest', bytes);
}

/** The single value of an attribute as TypeScript has it; int64 beyond 2^53 is a bigint. */
export function toPlainValue(value: AnyValue | undefined): string | number | bigint | boolean | undefined {
  if (value?.intValue === undefined) return value?.stringValue ?? value?.boolValue ?? value?.doubleValue;
  const whole = BigInt(value.intValue);
  return Number.isSafeInteger(Number(whole)) ? Number(whole) : whole;
}

const ID_NAMES = new Set(['traceId', 'spanId']);

function withHexIds(content: object): object {
  return mapIds(content, (id) => Buffer.from(id, 'base64').toString('hex'));
}

function withBase64Ids(content: object): object {
  return mapIds(content, (id) => Buffer.from(id, 'hex').toString('base64'));
}

function mapIds(content: object, convert: (id: string) => string): object {
  return JSON.parse(JSON.stringify(content), (name, value: unknown) =>
    ID_NAMES.has(name) && typeof value === 'string' ? convert(value) : value,
  ) as object;
}

/** Decodes a request as protobufjs has it, without conversion; throws when the bytes are none. */
export function decodeRaw(bytes: Uint8Array): LogsRequest {
  return root.lookupType('otlp.ExportLogsServiceRequest').decode(bytes) as LogsRequest;
}
