import type { JsonSchema } from './parameter-form.ts';

export const TEXT = { type: 'string' } as const;
export const COUNT = { type: 'integer', minimum: 0 } as const;
export const TIME = { type: 'integer', description: 'milliseconds since the Unix epoch' } as const;

/** A described object, closed; all properties but the optional ones are always there. */
export function toObjectSchema<Told>(
  description: string,
  properties: { readonly [Name in keyof Told]: JsonSchema },
  optional: readonly (keyof Told)[] = [],
): JsonSchema {
  const required = Object.keys(properties).filter((name) => !optional.includes(name as keyof Told));
  return { type: 'object', description, properties, required, additionalProperties: false };
}
