import type { Resource } from '../../model/resource.ts';

/** Decodes the attributes of a `Resource`, checked JSON, as texts; those that are no scalars are left out. */
export function decodeJsonResource(bytes: Buffer): Resource {
  const { attributes } = toObject(JSON.parse(bytes.toString('utf8')));
  const resource = new Map<string, string>();
  if (!Array.isArray(attributes)) return resource;
  for (const attribute of attributes) {
    const { key, value } = toObject(attribute);
    const text = toText(toObject(value));
    if (typeof key === 'string' && text !== undefined) resource.set(key, text);
  }
  return resource;
}

function toText({ stringValue, boolValue, intValue, doubleValue }: Record<string, unknown>): string | undefined {
  const scalar = stringValue ?? boolValue ?? intValue ?? doubleValue;
  return typeof scalar === 'string' || typeof scalar === 'number' || typeof scalar === 'boolean'
    ? String(scalar)
    : undefined;
}

function toObject(value: unknown): Record<string, unknown> {
  return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : {};
}
