import { isInt64, toInt64Text } from '../lib/int64.ts';
import { toTraceIdHex, traceCommunityId } from '../lib/trace-id.ts';
import { FLOW_ATTRIBUTES } from '../model/flow-attributes.ts';
import type { FlowRecord } from '../model/flow-record.ts';
import type { RecordFormat } from './record-format.ts';

const FIELDS = FLOW_ATTRIBUTES.map(({ name, read }) => ({ head: `,${JSON.stringify(name)}:`, read }));

/**
 * One JSON object a record and line: the record's attributes under their own names, before them the two facts that an
 * OTLP log record carries outside its attributes and that cannot be told from them: `time_unix_nano` (end of the
 * interval) and `trace_id` (the connection). Integers are written with all their digits; what is absent is left out.
 */
export const NDJSON_FORMAT: RecordFormat = {
  encode: (records) => records.map(encodeRecord).join(''),
};

function encodeRecord(record: FlowRecord): string {
  let text = `{"time_unix_nano":${toInt64Text(record.intervalEndNs)}`;
  const traceId = toTraceIdHex(traceCommunityId(record));
  if (traceId !== undefined) text += `,"trace_id":"${traceId}"`;
  for (const { head, read } of FIELDS) {
    const value = read(record);
    if (typeof value === 'string') text += head + JSON.stringify(value);
    else if (value !== undefined && isInt64(value)) text += head + toInt64Text(value);
  }
  return `${text}}\n`;
}
