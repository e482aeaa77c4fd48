import type { Connection } from '../model/connection.ts';
import { CONNECTION_ATTRIBUTES } from '../model/connection-attributes.ts';
import { isInt64, toInt64Text } from './int64.ts';
import { toTraceIdHex } from './trace-id.ts';

const FIELDS = CONNECTION_ATTRIBUTES.map(({ name, read }) => ({ head: `,${JSON.stringify(name)}:`, read }));

/**
 * One JSON object without a line feed: the attributes of a connection under their own names, before them
 * `time_unix_nano` (end of the interval) and `trace_id` (of both perspectives). Integers are written with all their
 * digits; what is absent is left out.
 */
export function encodeConnectionJson(connection: Connection): string {
  let text = `{"time_unix_nano":${toInt64Text(connection.record.intervalEndNs)}`;
  const traceId = toTraceIdHex(connection.joinId);
  if (traceId !== undefined) text += `,"trace_id":"${traceId}"`;
  for (const { head, read } of FIELDS) {
    const value = read(connection);
    if (typeof value === 'string') text += head + JSON.stringify(value);
    else if (value !== undefined && isInt64(value)) text += head + toInt64Text(value);
  }
  return `${text}}`;
}
