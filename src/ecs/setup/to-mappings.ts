import { DATASET } from '../document/document-encoder.ts';
import type { DocumentField } from '../document/document-field.ts';

/** A mapping's `properties`. */
export interface MappingProperties {
  [name: string]: { readonly type: string; readonly value?: string } | { readonly properties: MappingProperties };
}

/** Values of the fields that all documents of the stream share; the namespace is set by a stream's first document. */
const CONSTANTS: Readonly<Record<string, string>> = { 'data_stream.type': 'logs', 'data_stream.dataset': DATASET };

/** The index mapping of fields with dotted names. No field may be another's parent. */
export function toMappings(fields: readonly DocumentField[]): MappingProperties {
  const root: MappingProperties = {};
  for (const { name, type } of fields) {
    const path = name.split('.');
    const leaf = path.pop() ?? '';
    const value = type === 'constant_keyword' ? CONSTANTS[name] : undefined;
    toParent(root, path)[leaf] = value === undefined ? { type } : { type, value };
  }
  return root;
}

function toParent(root: MappingProperties, path: readonly string[]): MappingProperties {
  let parent = root;
  for (const part of path) {
    const existing = parent[part];
    const next = existing !== undefined && 'properties' in existing ? existing : { properties: {} };
    parent[part] = next;
    parent = next.properties;
  }
  return parent;
}
