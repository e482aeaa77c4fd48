import { createFlowRecord } from '../../lib/create-flow-record.ts';
import { FLOW_ATTRIBUTES } from '../../model/flow-attributes.ts';
import type { FlowRecord } from '../../model/flow-record.ts';

/** What a value is before it is known to be of its attribute's type. */
export type AttributeValue = string | number | undefined;

const EMPTY_RECORD = createFlowRecord();

/** The attributes of FLOW_ATTRIBUTES column by column, by their index there: what the hot paths need of them. */
export const ATTRIBUTE_COUNT = FLOW_ATTRIBUTES.length;
/** 1 where the value is an integer. */
export const IS_INT = Uint8Array.from(FLOW_ATTRIBUTES, ({ type }) => (type === 'int' ? 1 : 0));
/** Greatest value of an integer; -1, which none is, where the value is a text. */
export const MOST = Float64Array.from(FLOW_ATTRIBUTES, (each) => (each.type === 'int' ? each.most : -1));
/** The only values that a text may have, undefined where it may have any; none where the value is an integer. */
export const WORDS: readonly (ReadonlySet<string> | undefined)[] = FLOW_ATTRIBUTES.map((each) => {
  if (each.type === 'int') return new Set<string>();
  return each.words === undefined ? undefined : new Set(each.words);
});
export const READ: readonly ((record: FlowRecord) => AttributeValue)[] = FLOW_ATTRIBUTES.map(({ read }) => read);
/** The value must be of the attribute's type, or what stands for its absence. */
export const WRITE = FLOW_ATTRIBUTES.map(({ write }) => write as (record: FlowRecord, value: AttributeValue) => void);
/** What stands in a record whose attribute is absent on the wire. */
export const ABSENT: readonly AttributeValue[] = FLOW_ATTRIBUTES.map(({ read }) => read(EMPTY_RECORD));

/** Index of an attribute that is known to exist. */
export function indexOfAttribute(name: string): number {
  return FLOW_ATTRIBUTES.findIndex((each) => each.name === name);
}
