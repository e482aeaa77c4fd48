/** A JSON Schema as a plain object, as it stands in an OpenAPI document. */
export type SchemaObject = Readonly<Record<string, unknown>>;

/** Keywords that say nothing about validity. */
const NOTES = new Set(['description', 'default', 'format', '$ref']);

/**
 * What of a value does not keep a JSON Schema (2020-12), one line each; the subset that OpenAPI documents of flat data
 * need. Throws on keywords that it does not know, so that nothing passes unchecked. `resolve` follows `$ref`.
 */
export function findSchemaProblems(
  schema: SchemaObject,
  value: unknown,
  resolve: (reference: string) => SchemaObject,
  path = '$',
): string[] {
  const { $ref } = schema;
  if (typeof $ref === 'string') return findSchemaProblems(resolve($ref), value, resolve, path);
  return Object.entries(schema).flatMap(([keyword, operand]) => {
    if (NOTES.has(keyword)) return [];
    const check = CHECKS[keyword];
    if (check === undefined) throw new Error(`keyword ${keyword} at ${path} is not known here`);
    return check({ operand, schema, value, path, inner: (of, at, to) => findSchemaProblems(of, at, resolve, to) });
  });
}

interface Check {
  readonly operand: unknown;
  readonly schema: SchemaObject;
  readonly value: unknown;
  readonly path: string;
  readonly inner: (schema: SchemaObject, value: unknown, path: string) => string[];
}

const CHECKS: Readonly<Record<string, (check: Check) => string[]>> = {
  type: ({ operand, value, path }) =>
    judge(toTypes(value).includes(String(operand)), `${path} is no ${String(operand)}`),
  enum: ({ operand, value, path }) => judge((operand as unknown[]).includes(value), `${path} is none of the words`),
  pattern: ({ operand, value, path }) =>
    judge(
      typeof value !== 'string' || new RegExp(String(operand), 'u').test(value),
      `${path} does not fit the pattern`,
    ),
  minimum: ({ operand, value, path }) =>
    judge(typeof value !== 'number' || value >= Number(operand), `${path} is too small`),
  maximum: ({ operand, value, path }) =>
    judge(typeof value !== 'number' || value <= Number(operand), `${path} is too large`),
  minItems: ({ operand, value, path }) =>
    judge(!Array.isArray(value) || value.length >= Number(operand), `${path} has too few items`),
  anyOf: ({ operand, value, path, inner }) =>
    judge(
      (operand as SchemaObject[]).some((each) => inner(each, value, path).length === 0),
      `${path} is none of the forms`,
    ),
  items: ({ operand, value, path, inner }) =>
    Array.isArray(value) ? value.flatMap((item, at) => inner(operand as SchemaObject, item, `${path}[${at}]`)) : [],
  properties: ({ operand, value, path, inner }) =>
    Object.entries(operand as Record<string, SchemaObject>).flatMap(([name, each]) =>
      isObject(value) && name in value ? inner(each, value[name], `${path}.${name}`) : [],
    ),
  required: ({ operand, value, path }) =>
    (operand as string[]).flatMap((name) => judge(isObject(value) && name in value, `${path}.${name} is missing`)),
  additionalProperties: ({ operand, schema, value, path, inner }) => {
    const known = Object.keys(schema['properties'] ?? {});
    const further = isObject(value) ? Object.keys(value).filter((name) => !known.includes(name)) : [];
    if (operand === false) return further.map((name) => `${path}.${name} is not known`);
    return further.flatMap((name) => inner(operand as SchemaObject, (value as never)[name], `${path}.${name}`));
  },
};

function judge(isRight: boolean, problem: string): string[] {
  return isRight ? [] : [problem];
}

function toTypes(value: unknown): string[] {
  if (value === null) return ['null'];
  if (Array.isArray(value)) return ['array'];
  return Number.isInteger(value) ? ['integer', 'number'] : [typeof value];
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
