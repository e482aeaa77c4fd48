import { toSeverity, type Severity } from './flow-severity.ts';
import { isInt64 } from './int64.ts';
import { decodeTraceId, TRACE_ID_BYTES } from './trace-id.ts';
import type { Verdict } from '../model/flow-record.ts';
import { writeIntField, writeStringField, type EncodedKey } from './key-value-writer.ts';
import type { ProtobufWriter } from './protobuf-writer.ts';
import { encodeField } from './request-head.ts';

/** Tags (field number × 8 + wire type) of `LogRecord` in opentelemetry/proto/logs/v1/logs.proto. */
export const RECORD_TAG = {
  timeUnixNano: 0x09,
  severityNumber: 0x10,
  severityText: 0x1a,
  body: 0x2a,
  attributes: 0x32,
  traceId: 0x4a,
  observedTimeUnixNano: 0x59,
  eventName: 0x62,
} as const;

const INFO = encodeSeverity(toSeverity('forwarded'));
const WARN = encodeSeverity(toSeverity('dropped'));

/** Writes severity number and text of a flow. */
export function writeSeverity(writer: ProtobufWriter, verdict: Verdict): void {
  writer.writeBytes(toSeverity(verdict).text === 'INFO' ? INFO : WARN);
}

/** Writes an attribute whose key is encoded; nothing when it is absent or a number that is no int64. */
export function writeAttribute(writer: ProtobufWriter, key: EncodedKey, value: string | number | undefined): void {
  if (typeof value === 'string') writeStringField(writer, key, value);
  else if (value !== undefined && isInt64(value)) writeIntField(writer, key, value);
}

/** Writes the trace id of a connection; nothing when the text is no Community ID. */
export function writeTraceId(writer: ProtobufWriter, communityId: string): void {
  writer.reserve(2 + TRACE_ID_BYTES);
  const { bytes, position } = writer;
  if (!decodeTraceId(communityId, bytes, position + 2)) return;
  bytes[position] = RECORD_TAG.traceId;
  bytes[position + 1] = TRACE_ID_BYTES;
  writer.position = position + 2 + TRACE_ID_BYTES;
}

function encodeSeverity({ number, text }: Severity): Uint8Array {
  const textField = encodeField(RECORD_TAG.severityText, Buffer.from(text));
  return Uint8Array.of(RECORD_TAG.severityNumber, number, ...textField);
}
