import { resetFlowRecord } from '../../lib/reset-flow-record.ts';
import type { FlowRecord } from '../../model/flow-record.ts';
import type { IgnoredAttribute } from '../../model/otlp-receive-counters.ts';
import { ABSENT, WRITE } from './flow-attribute-table.ts';
import type { RecordParts } from './record-parts.ts';

export type IgnoredCounts = Record<IgnoredAttribute, number>;

/**
 * Makes a used record say what the parts of a log record say, and nothing else. Its interval's start, which is not on
 * the wire, stays 0. Values that cannot stand in a record are left aside and counted. Of an attribute that is told
 * several times the last counts.
 */
export function fillFlowRecord(record: FlowRecord, parts: RecordParts, ignored: IgnoredCounts): void {
  resetFlowRecord(record);
  record.intervalEndNs = parts.timeNs;
  for (let i = 0; i < parts.count; i++) {
    const id = parts.ids[i] as number;
    if (id < 0) continue;
    const value = parts.values[i];
    (WRITE[id] as (typeof WRITE)[number])(record, value ?? ABSENT[id]);
    if (value === undefined) ignored[parts.reasons[i] ?? 'wrong_type']++;
  }
}
