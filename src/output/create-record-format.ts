import { wallClockNs } from '../lib/clock.ts';
import { OtlpJsonEncoder } from '../lib/otlp-json.ts';
import type { Resource } from '../model/resource.ts';
import { NDJSON_FORMAT } from './ndjson-format.ts';
import type { OutputFormatName, RecordFormat } from './record-format.ts';
import { TableFormat } from './table-format.ts';

export interface RecordFormatOptions {
  /** Told by `otlp-json`. */
  readonly resource: Resource;
  readonly scopeVersion: string;
  /** Used by `table`. */
  readonly hasColours: boolean;
}

/** The format of a name of `--output`. */
export function createRecordFormat(
  name: OutputFormatName,
  { resource, scopeVersion, hasColours }: RecordFormatOptions,
): RecordFormat {
  if (name === 'table') return new TableFormat({ hasColours });
  if (name === 'ndjson') return NDJSON_FORMAT;
  const encoder = new OtlpJsonEncoder(resource, scopeVersion);
  return { encode: (records) => encoder.encode(records, wallClockNs()) };
}
