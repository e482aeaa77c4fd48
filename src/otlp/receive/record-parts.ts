import type { IgnoredAttribute } from '../../model/otlp-receive-counters.ts';
import { IS_INT, MOST, WORDS, type AttributeValue } from './flow-attribute-table.ts';

/**
 * Parts of a log record that are no known attributes, below the indexes of these. Unknown attributes (`other`) and
 * members are told for JSON, where a list is written anew by its elements.
 */
export const PART = { other: -1, time: -2, severity: -3, traceId: -4, member: -5 } as const;

/** A longer text in a known attribute is not taken into the record. */
export const MOST_TEXT_BYTES = 1024;

/**
 * Where the parts of one log record stand in the bytes of its request, and what the known attributes say; filled by the
 * scanner of each encoding, and again for every record.
 */
export class RecordParts {
  /** The record reports a flow. */
  isFlow = false;
  /** `time_unix_nano`, 0 where it is absent. */
  timeNs = 0;
  count = 0;
  isOverfull = false;
  /** Index in FLOW_ATTRIBUTES, or one of PART. */
  readonly ids: Int16Array;
  readonly starts: Int32Array;
  readonly ends: Int32Array;
  /** Of known attributes: the value, undefined where it cannot stand in a record. */
  readonly values: AttributeValue[];
  /** Why it cannot. */
  readonly reasons: (IgnoredAttribute | undefined)[];

  constructor(most: number) {
    this.ids = new Int16Array(most);
    this.starts = new Int32Array(most);
    this.ends = new Int32Array(most);
    this.values = Array.from({ length: most });
    this.reasons = Array.from({ length: most });
  }

  clear(): void {
    this.isFlow = false;
    this.timeNs = 0;
    this.count = 0;
    this.isOverfull = false;
  }

  /** Adds a part; `isOverfull` tells when there is no room for it. */
  add(id: number, start: number, end: number, value?: AttributeValue): void {
    const at = this.count;
    if (at === this.ids.length) {
      this.isOverfull = true;
      return;
    }
    this.count = at + 1;
    this.ids[at] = id;
    this.starts[at] = start;
    this.ends[at] = end;
    this.values[at] = value;
  }

  /** Adds a known attribute whose value cannot stand in a record. */
  addIgnored(id: number, start: number, end: number, reason: IgnoredAttribute): void {
    const at = this.count;
    this.add(id, start, end);
    this.reasons[at] = reason;
  }

  /** Adds a known attribute with a value that may not be its own; undefined is a value of another type. */
  addAny(id: number, start: number, end: number, value: AttributeValue): void {
    if (typeof value === 'number' ? isInt(id, value) : value !== undefined && isText(id, value))
      this.add(id, start, end, value);
    else this.addIgnored(id, start, end, findReason(id, value));
  }
}

/** Whether a number can stand in a record as this attribute. */
export function isInt(id: number, value: number): boolean {
  return value >= 0 && value <= (MOST[id] as number);
}

/** Whether a text can. */
export function isText(id: number, value: string): boolean {
  const words = WORDS[id];
  return words === undefined || words.has(value);
}

function findReason(id: number, value: AttributeValue): IgnoredAttribute {
  if (typeof value === 'number' && IS_INT[id] === 1) return 'out_of_range';
  return typeof value === 'string' && IS_INT[id] === 0 ? 'unknown_word' : 'wrong_type';
}
