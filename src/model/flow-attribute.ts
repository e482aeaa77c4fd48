import type { FlowRecord } from './flow-record.ts';

/** One attribute of the `network.flow` log record. */
export type FlowAttribute = TextAttribute | IntAttribute;

interface AttributeText {
  readonly name: string;
  readonly meaning: string;
}

export interface TextAttribute extends AttributeText {
  readonly type: 'string';
  /** The values that it may have; undefined where any text is one. */
  readonly words: readonly string[] | undefined;
  /** The value in a record, undefined where it is absent. */
  readonly read: (record: FlowRecord) => string | undefined;
  /** Sets the value, which must be one of `words` where these are told. */
  readonly write: (record: FlowRecord, value: string) => void;
}

export interface IntAttribute extends AttributeText {
  readonly type: 'int';
  /** The greatest value that it may have; the least is 0. */
  readonly most: number;
  readonly read: (record: FlowRecord) => number | undefined;
  readonly write: (record: FlowRecord, value: number) => void;
}

/** The greatest double that is an int64. */
const INT64 = 2 ** 63 - 1024;
/** Greatest values of the smaller integers. */
export const MOST = { byte: 0xff, port: 0xffff, tunnelId: 0xff_ffff } as const;

export function text(
  name: string,
  meaning: string,
  read: TextAttribute['read'],
  write: TextAttribute['write'],
): TextAttribute {
  return { name, type: 'string', meaning, words: undefined, read, write };
}

/** A text of a closed set of words. */
export function word<Word extends string>(
  name: string,
  meaning: string,
  words: readonly Word[],
  read: (record: FlowRecord) => Word | undefined,
  write: (record: FlowRecord, value: Word) => void,
): TextAttribute {
  return { name, type: 'string', meaning, words, read, write: write as TextAttribute['write'] };
}

export function int(
  name: string,
  meaning: string,
  read: IntAttribute['read'],
  write: IntAttribute['write'],
  most = INT64,
): IntAttribute {
  return { name, type: 'int', meaning, most, read, write };
}
