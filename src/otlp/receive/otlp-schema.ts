import { WIRE } from './wire-cursor.ts';

/** A field as the messages define it. */
export interface Field {
  readonly wire: (typeof WIRE)[keyof typeof WIRE];
  /** What the bytes of a length-delimited field are; undefined where they may be any. */
  readonly content?: 'utf8' | Message;
}

export interface Message {
  readonly name: string;
  /** By field number; unknown ones are not there. */
  readonly fields: readonly (Field | undefined)[];
}

const VARINT: Field = { wire: WIRE.varint };
const FIXED64: Field = { wire: WIRE.fixed64 };
const FIXED32: Field = { wire: WIRE.fixed32 };
const BYTES: Field = { wire: WIRE.lengthDelimited };
const UTF8: Field = { wire: WIRE.lengthDelimited, content: 'utf8' };

/**
 * Messages of opentelemetry-proto 1.x that are checked without being read: common.proto, resource.proto, logs.proto.
 * `AnyValue` holds itself, by way of arrays and lists.
 */
const anyValueFields: (Field | undefined)[] = [undefined, UTF8, VARINT, VARINT, FIXED64];
export const ANY_VALUE: Message = { name: 'AnyValue', fields: anyValueFields };
export const KEY_VALUE: Message = { name: 'KeyValue', fields: [undefined, UTF8, toField(ANY_VALUE)] };
const ARRAY_VALUE: Message = { name: 'ArrayValue', fields: [undefined, toField(ANY_VALUE)] };
const KEY_VALUE_LIST: Message = { name: 'KeyValueList', fields: [undefined, toField(KEY_VALUE)] };
anyValueFields.push(toField(ARRAY_VALUE), toField(KEY_VALUE_LIST), BYTES);

const ENTITY_REF: Message = { name: 'EntityRef', fields: [undefined, UTF8, UTF8, UTF8, UTF8] };
export const RESOURCE: Message = {
  name: 'Resource',
  fields: [undefined, toField(KEY_VALUE), VARINT, toField(ENTITY_REF)],
};
export const SCOPE: Message = {
  name: 'InstrumentationScope',
  fields: [undefined, UTF8, UTF8, toField(KEY_VALUE), VARINT],
};
export const LOG_RECORD: Message = {
  name: 'LogRecord',
  fields: [
    undefined,
    FIXED64,
    VARINT,
    UTF8,
    undefined,
    toField(ANY_VALUE),
    toField(KEY_VALUE),
    VARINT,
    FIXED32,
    BYTES,
    BYTES,
    FIXED64,
    UTF8,
  ],
};
export const SCOPE_LOGS: Message = {
  name: 'ScopeLogs',
  fields: [undefined, toField(SCOPE), toField(LOG_RECORD), UTF8],
};
export const RESOURCE_LOGS: Message = {
  name: 'ResourceLogs',
  fields: [undefined, toField(RESOURCE), toField(SCOPE_LOGS), UTF8],
};
export const LOGS_REQUEST: Message = {
  name: 'ExportLogsServiceRequest',
  fields: [undefined, toField(RESOURCE_LOGS)],
};

function toField(content: Message): Field {
  return { wire: WIRE.lengthDelimited, content };
}
