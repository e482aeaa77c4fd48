import * as z from 'zod/mini';
import { parseDurationMs } from '../../lib/duration.ts';

/** A JSON Schema (2020-12), as OpenAPI 3.1 has it. */
export type JsonSchema = Readonly<Record<string, unknown>>;

/** How a query parameter is written: what reads its text, and how the OpenAPI document describes it. */
export interface ParameterForm<Value> {
  readonly schema: z.ZodMiniType<Value, string>;
  readonly jsonSchema: JsonSchema;
  /** Several values, commas between. */
  readonly isList?: true;
}

/** What a parser makes of a text: the value, or what is wrong with it ("is …", "has …"). */
type Parsed<Value> = { readonly value: Value } | { readonly problem: string };

const NAME = /^[A-Za-z0-9]([A-Za-z0-9._-]{0,251}[A-Za-z0-9])?$/;
const QUALIFIED_NAME = /^([A-Za-z0-9][A-Za-z0-9._-]{0,252}\/)?[A-Za-z0-9][A-Za-z0-9._-]{0,252}$/;
const ADDRESS = /^[0-9A-Fa-f:.]{2,45}$/;
const DIGITS = /^\d{1,16}$/;
const RFC3339 = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{1,9})?(Z|[+-]\d\d:\d\d)$/i;

function form<Value>(jsonSchema: JsonSchema, parse: (text: string) => Parsed<Value>): ParameterForm<Value> {
  const read = z.transform<string, Value>((written, context) => {
    const parsed = parse(written);
    if ('value' in parsed) return parsed.value;
    context.issues.push({ code: 'custom', input: written, message: parsed.problem });
    return z.NEVER;
  });
  return { schema: z.pipe(z.string(), read), jsonSchema };
}

function pattern(expression: RegExp, problem: string): ParameterForm<string> {
  const jsonSchema = { type: 'string', pattern: expression.source };
  return form(jsonSchema, (text) => (expression.test(text) ? { value: text } : { problem }));
}

/** The form, its value made into another one. */
export function mapped<From, To>(from: ParameterForm<From>, to: (value: From) => To): ParameterForm<To> {
  return { ...from, schema: z.pipe(from.schema, z.transform(to)) };
}

/** The name of a Kubernetes object (RFC 1123 and the wider forms of some kinds). */
export function objectName(): ParameterForm<string> {
  return pattern(NAME, 'is no name of an object');
}

/** The same, with or without its namespace before it: `cart-1`, `shop/cart-1`. */
export function qualifiedName(): ParameterForm<string> {
  return pattern(QUALIFIED_NAME, 'is neither NAME nor NAMESPACE/NAME');
}

/** An IPv4 or IPv6 address as the flows tell it. */
export function addressText(): ParameterForm<string> {
  return pattern(ADDRESS, 'is no IP address');
}

/** One of a few words. */
export function choice<const Word extends string>(...words: readonly Word[]): ParameterForm<Word> {
  return form({ type: 'string', enum: words }, (text) => {
    const word = words.find((each) => each === text);
    return word === undefined ? { problem: `is none of ${words.join(', ')}` } : { value: word };
  });
}

/** Some of a few words, commas between. */
export function choices<const Word extends string>(words: readonly Word[]): ParameterForm<ReadonlySet<Word>> {
  const jsonSchema = { type: 'array', items: { type: 'string', enum: words }, minItems: 1 };
  const list = form<ReadonlySet<Word>>(jsonSchema, (text) => {
    const parts = text.split(',');
    const known = new Set(words.filter((word) => parts.includes(word)));
    const wrong = parts.filter((part) => !words.some((word) => word === part));
    if (wrong.length === 0) return { value: known };
    return { problem: `has ${wrong.map((part) => `"${part}"`).join(', ')}, none of ${words.join(', ')}` };
  });
  return { ...list, isList: true };
}

/** A whole number within bounds. */
export function wholeNumber(least: number, most: number): ParameterForm<number> {
  return form({ type: 'integer', minimum: least, maximum: most }, (text) => {
    if (!DIGITS.test(text)) return { problem: 'is no whole number' };
    const value = Number(text);
    return value < least || value > most ? { problem: `is not within ${least} to ${most}` } : { value };
  });
}

/** A moment, in milliseconds since the Unix epoch: as such, or as RFC 3339 has it. */
export function moment(): ParameterForm<number> {
  const jsonSchema = {
    anyOf: [
      { type: 'integer', minimum: 0, description: 'milliseconds since the Unix epoch' },
      { type: 'string', format: 'date-time' },
    ],
  };
  return form(jsonSchema, (text) => {
    const value = DIGITS.test(text) ? Number(text) : RFC3339.test(text) ? Date.parse(text) : Number.NaN;
    return Number.isNaN(value)
      ? { problem: 'is neither a time such as 2026-01-31T12:00:00Z (a + is written %2B) nor milliseconds since 1970' }
      : { value };
  });
}

/** A duration in milliseconds, from and to the bounds, which are themselves durations. */
export function duration(least: string, most: string): ParameterForm<number> {
  const [leastMs = 0, mostMs = Infinity] = [parseDurationMs(least), parseDurationMs(most)];
  const jsonSchema = {
    type: 'string',
    pattern: String.raw`^\d+(\.\d+)?(ms|s|m|h)$`,
    description: `a duration from ${least} to ${most}, such as 90s or 5m`,
  };
  return form(jsonSchema, (text) => {
    const value = parseDurationMs(text);
    if (value === undefined) return { problem: 'is no duration such as 500ms, 20s, 5m or 1h' };
    return value < leastMs || value > mostMs ? { problem: `is not within ${least} to ${most}` } : { value };
  });
}
