import { FLOW_ATTRIBUTES, FLOW_EVENT_NAME } from '../model/flow-attributes.ts';
import type { FlowRecord } from '../model/flow-record.ts';
import { SCOPE_NAME, type Resource } from '../model/resource.ts';
import { toSeverity } from './flow-severity.ts';
import { isInt64, toInt64Text } from './int64.ts';
import { toTraceIdHex, traceCommunityId } from './trace-id.ts';

const ATTRIBUTES = FLOW_ATTRIBUTES.map(({ name, read }) => ({
  read,
  stringHead: `{"key":${JSON.stringify(name)},"value":{"stringValue":`,
  intHead: `{"key":${JSON.stringify(name)},"value":{"intValue":"`,
}));
const EVENT_NAME = JSON.stringify(FLOW_EVENT_NAME);

/**
 * Encodes flow records as OTLP/JSON: one `ExportLogsServiceRequest` a line, as the Collector's file exporter writes and
 * its otlpjsonfile receiver reads them. 64-bit numbers are decimal strings, the trace id is hex (OTLP 1.x, "JSON
 * Protobuf Encoding"). Same content as the protobuf encoding: absent attributes and numbers that are no int64 are left
 * out.
 */
export class OtlpJsonEncoder {
  readonly #head: string;

  constructor(resource: Resource, scopeVersion: string) {
    const attributes = Array.from(resource, ([key, value]) => ({ key, value: { stringValue: value } }));
    const scope = { name: SCOPE_NAME, version: scopeVersion };
    this.#head =
      `{"resourceLogs":[{"resource":${JSON.stringify({ attributes })},` +
      `"scopeLogs":[{"scope":${JSON.stringify(scope)},"logRecords":[`;
  }

  /** One line, newline included, of records observed at `observedNs` (Unix epoch). */
  encode(records: readonly FlowRecord[], observedNs: number): string {
    const observed = toTimeText(observedNs);
    return `${this.#head}${records.map((record) => encodeRecord(record, observed)).join(',')}]}]}]}\n`;
  }
}

function encodeRecord(record: FlowRecord, observedText: string): string {
  const severity = toSeverity(record.verdict);
  const traceId = toTraceIdHex(traceCommunityId(record));
  return (
    `{"timeUnixNano":"${toTimeText(record.intervalEndNs)}","observedTimeUnixNano":"${observedText}",` +
    `"severityNumber":${severity.number},"severityText":"${severity.text}","eventName":${EVENT_NAME},` +
    `"attributes":[${encodeAttributes(record)}]${traceId === undefined ? '' : `,"traceId":"${traceId}"`}}`
  );
}

function encodeAttributes(record: FlowRecord): string {
  let text = '';
  for (const { read, stringHead, intHead } of ATTRIBUTES) {
    const value = read(record);
    const separator = text === '' ? '' : ',';
    if (typeof value === 'string') text += `${separator}${stringHead}${JSON.stringify(value)}}}`;
    else if (value !== undefined && isInt64(value)) text += `${separator}${intHead}${toInt64Text(value)}"}}`;
  }
  return text;
}

function toTimeText(timeNs: number): string {
  return isInt64(timeNs) ? toInt64Text(timeNs) : '0';
}
