import type { FlowRecord } from '../model/flow-record.ts';

/** How records become text. The text of a call ends with a line feed and holds whole lines only. */
export interface RecordFormat<Item = FlowRecord> {
  encode(records: readonly Item[]): string;
}

export type OutputFormatName = 'table' | 'ndjson' | 'otlp-json';
