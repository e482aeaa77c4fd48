import { SCOPE_NAME, type Resource } from '../model/resource.ts';
import { encodeKey, writeStringField } from './key-value-writer.ts';
import { MAX_VARINT_BYTES, ProtobufWriter, putVarint32, sizeOfVarint32 } from './protobuf-writer.ts';

/** Tags (field number × 8 + wire type) of opentelemetry/proto/{collector/logs,logs,resource,common}/v1. */
const TAG = {
  resourceLogs: 0x0a,
  resource: 0x0a,
  resourceAttributes: 0x0a,
  scopeLogs: 0x12,
  scope: 0x0a,
  scopeName: 0x0a,
  scopeVersion: 0x12,
  scopeAttributes: 0x1a,
} as const;

/**
 * What precedes the log records of an `ExportLogsServiceRequest` with one resource and one scope. It holds the length
 * of the records, so it is put before them when they are complete, into room left for it.
 */
export class RequestHead {
  /** Room to leave before the records. */
  readonly maxBytes: number;
  readonly #resource: Uint8Array;
  readonly #scope: Uint8Array;

  /** An empty version is left out. */
  constructor(resource: Resource, scopeVersion: string, scopeAttributes: ReadonlyMap<string, string> = new Map()) {
    this.#resource = encodeResource(resource);
    this.#scope = encodeScope(scopeVersion, scopeAttributes);
    this.maxBytes = this.#resource.length + this.#scope.length + 2 * (1 + MAX_VARINT_BYTES);
  }

  /** Puts the head so that it ends where the records begin; gives where it begins. */
  put(bytes: Uint8Array, recordsStart: number, recordsEnd: number): number {
    const scopeLogsStart = putField(bytes, recordsStart, recordsEnd, TAG.scopeLogs, this.#scope);
    return putField(bytes, scopeLogsStart, recordsEnd, TAG.resourceLogs, this.#resource);
  }
}

/** Puts tag, length and first field of a message in front of the rest of its content. */
function putField(bytes: Uint8Array, restStart: number, end: number, tag: number, first: Uint8Array): number {
  const contentStart = restStart - first.length;
  const length = end - contentStart;
  const start = contentStart - sizeOfVarint32(length) - 1;
  bytes.set(first, contentStart);
  bytes[start] = tag;
  putVarint32(bytes, start + 1, length);
  return start;
}

function encodeResource(resource: Resource): Uint8Array {
  return encodeField(TAG.resource, encodeAttributes(TAG.resourceAttributes, resource));
}

function encodeScope(version: string, attributes: ReadonlyMap<string, string>): Uint8Array {
  const name = encodeField(TAG.scopeName, Buffer.from(SCOPE_NAME));
  const versionField = version === '' ? [] : [encodeField(TAG.scopeVersion, Buffer.from(version))];
  const fields = [name, ...versionField, encodeAttributes(TAG.scopeAttributes, attributes)];
  return encodeField(TAG.scope, Buffer.concat(fields));
}

function encodeAttributes(fieldTag: number, attributes: ReadonlyMap<string, string>): Uint8Array {
  const content = new ProtobufWriter(1024);
  for (const [name, value] of attributes) writeStringField(content, encodeKey(fieldTag, name), value);
  return content.bytes.subarray(0, content.position);
}

/** A length-delimited field. */
export function encodeField(tag: number, content: Uint8Array): Uint8Array {
  const writer = new ProtobufWriter(1 + MAX_VARINT_BYTES + content.length);
  writer.writeVarint(tag);
  writer.writeVarint(content.length);
  writer.writeBytes(content);
  return writer.bytes.slice(0, writer.position);
}
