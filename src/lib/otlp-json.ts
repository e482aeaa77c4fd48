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
  for (const [index, { read }] of ATTRIBUTES.entries()) {
    const attribute = encodeJsonAttribute(index, read(record));
    if (attribute !== '') text += text === '' ? attribute : `,${attribute}`;
  }
  return text;
}

/** A `KeyValue` of the attribute at an index of FLOW_ATTRIBUTES; empty when it is absent or a number that is no int64. */
export function encodeJsonAttribute(index: number, value: string | number | undefined): string {
  const heads = ATTRIBUTES[index];
  if (value === undefined || heads === undefined) return '';
  if (typeof value === 'string') return `${heads.stringHead}${JSON.stringify(value)}}}`;
  return isInt64(value) ? `${heads.intHead}${toInt64Text(value)}"}}` : '';
}

function toTimeText(timeNs: number): string {
  return isInt64(timeNs) ? toInt64Text(timeNs) : '0';
}
