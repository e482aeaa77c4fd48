import type { ReadableLogRecord } from '@opentelemetry/sdk-logs';
import { toSeverity } from '../lib/flow-severity.ts';
import { isInt64 } from '../lib/int64.ts';
import { toTraceIdHex, traceCommunityId } from '../lib/trace-id.ts';
import { FLOW_ATTRIBUTES, FLOW_EVENT_NAME } from '../model/flow-attributes.ts';
import type { FlowRecord } from '../model/flow-record.ts';
import { SCOPE_NAME } from '../model/resource.ts';
import type { BatchEncoder } from './batch-encoder.ts';

const NS_PER_SECOND = 1e9;
/** The exporter writes the trace id alone; a log record of a flow stands in no span. */
const NO_SPAN_ID = '';

/** Turns flow records into the log records of the OpenTelemetry SDK, which its exporters take. */
export class ReadableRecordEncoder implements BatchEncoder<ReadableLogRecord[]> {
  /** The size of the request is the exporter's to know. */
  readonly byteCount = 0;
  readonly #resource: ReadableLogRecord['resource'];
  readonly #scope: ReadableLogRecord['instrumentationScope'];
  #records: ReadableLogRecord[] = [];

  constructor(resource: ReadableLogRecord['resource'], scopeVersion: string) {
    this.#resource = resource;
    this.#scope = { name: SCOPE_NAME, version: scopeVersion };
  }

  get recordCount(): number {
    return this.#records.length;
  }

  append(record: FlowRecord, observedNs: number): boolean {
    this.#records.push(this.#toReadable(record, observedNs));
    return true;
  }

  finish(): ReadableLogRecord[] {
    const records = this.#records;
    this.#records = [];
    return records;
  }

  #toReadable(record: FlowRecord, observedNs: number): ReadableLogRecord {
    const severity = toSeverity(record.verdict);
    const traceId = toTraceIdHex(traceCommunityId(record));
    return {
      hrTime: toHrTime(record.intervalEndNs),
      hrTimeObserved: toHrTime(observedNs),
      severityNumber: severity.number,
      severityText: severity.text,
      eventName: FLOW_EVENT_NAME,
      attributes: toAttributes(record),
      droppedAttributesCount: 0,
      resource: this.#resource,
      instrumentationScope: this.#scope,
      ...(traceId === undefined ? {} : { spanContext: { traceId, spanId: NO_SPAN_ID, traceFlags: 0 } }),
    };
  }
}

function toAttributes(record: FlowRecord): ReadableLogRecord['attributes'] {
  const attributes: Record<string, string | number> = {};
  for (const { name, read } of FLOW_ATTRIBUTES) {
    const value = read(record);
    if (typeof value === 'string') attributes[name] = value;
    else if (value !== undefined && isInt64(value)) attributes[name] = Math.trunc(value);
  }
  return attributes;
}

/**
 * Seconds and nanoseconds, 0 for what is no time. Exact: whole seconds in nanoseconds are multiples of 512, which a
 * double holds here.
 */
function toHrTime(timeNs: number): [seconds: number, nanoseconds: number] {
  if (!isInt64(timeNs)) return [0, 0];
  const seconds = Math.floor(timeNs / NS_PER_SECOND);
  return [seconds, timeNs - seconds * NS_PER_SECOND];
}
