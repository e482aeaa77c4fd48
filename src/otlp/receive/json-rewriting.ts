import { encodeJsonAttribute } from '../../lib/otlp-json.ts';
import { isInt64, toInt64Text } from '../../lib/int64.ts';
import { toSeverity } from '../../lib/flow-severity.ts';
import { toTraceIdHex, traceCommunityId } from '../../lib/trace-id.ts';
import type { FlowRecord } from '../../model/flow-record.ts';
import { READ } from './flow-attribute-table.ts';
import { JsonCursor } from './json-cursor.ts';
import type { JsonRecordScanner } from './json-record-scanner.ts';
import type { LogsContent } from './logs-content.ts';
import type { RecordChanges } from './record-changes.ts';
import { PART, type RecordParts } from './record-parts.ts';

const STEP_RECORDS = 32;

/**
 * Writes a decoded JSON request anew with what its flows say now; gives the very bytes that came when no record changed.
 * Of a changed record only what differs is written, everything else is copied as text.
 */
export function* rewriteJson(
  body: Buffer,
  { flows, spans }: LogsContent,
  scanner: JsonRecordScanner,
  parts: RecordParts,
  changes: RecordChanges,
): Generator<void, Uint8Array> {
  const cursor = new JsonCursor(body);
  const pieces: Buffer[] = [];
  let copied = 0;
  for (const [index, flow] of flows.entries()) {
    const start = spans[2 * index] as number;
    cursor.position = start;
    scanner.scan(cursor, parts);
    if (changes.find(parts, flow)) {
      pieces.push(body.subarray(copied, start), Buffer.from(toRecordText(body, flow, parts, changes)));
      copied = cursor.position;
    }
    if (index % STEP_RECORDS === 0) yield;
  }
  if (copied === 0) return body;
  pieces.push(body.subarray(copied));
  return Buffer.concat(pieces);
}

function toRecordText(body: Buffer, flow: FlowRecord, parts: RecordParts, changes: RecordChanges): string {
  const traceId = toTraceIdHex(traceCommunityId(flow));
  const members: string[] = [];
  const attributes: string[] = [];
  for (let i = 0; i < parts.count; i++) {
    const part = parts.ids[i] as number;
    if (changes.isLeftOut(part, traceId !== undefined)) continue;
    const isAttribute = part >= 0 || part === PART.other;
    (isAttribute ? attributes : members).push(body.toString('utf8', parts.starts[i], parts.ends[i]));
  }
  if (changes.isTimeChanged) members.push(`"timeUnixNano":"${toTimeText(flow.intervalEndNs)}"`);
  if (changes.isSeverityChanged) {
    const { number, text } = toSeverity(flow.verdict);
    members.push(`"severityNumber":${number},"severityText":"${text}"`);
  }
  for (const id of changes.attributes) {
    const attribute = encodeJsonAttribute(id, (READ[id] as (typeof READ)[number])(flow));
    if (attribute !== '') attributes.push(attribute);
  }
  members.push(`"attributes":[${attributes.join(',')}]`);
  if (traceId !== undefined) members.push(`"traceId":"${traceId}"`);
  return `{${members.join(',')}}`;
}

function toTimeText(timeNs: number): string {
  return isInt64(timeNs) ? toInt64Text(timeNs) : '0';
}
