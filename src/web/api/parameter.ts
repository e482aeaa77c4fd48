import type { ParsedUrlQuery } from 'node:querystring';
import { resolveNearestName } from '../../lib/nearest-name.ts';
import type { ParameterForm } from './parameter-form.ts';

/** One query parameter: its reading and its documentation come from here. */
export interface Parameter<Value> {
  readonly form: ParameterForm<Value>;
  readonly meaning: string;
  /** Text that counts where it is not given. */
  readonly default?: string;
}

export type ParameterList = Readonly<Record<string, Parameter<unknown>>>;

/** What the parameters of a list resolve to. */
export type ParameterValues<List extends ParameterList> = {
  readonly [Name in keyof List]: List[Name] extends Parameter<infer Value>
    ? Value | (List[Name]['default'] extends string ? never : undefined)
    : never;
};

/** What is wrong with one parameter. */
export interface ParameterProblem {
  readonly parameter: string;
  readonly detail: string;
}

export type ParsedQuery<List extends ParameterList> =
  { readonly values: ParameterValues<List> } | { readonly problems: readonly ParameterProblem[] };

/** Reads a query; tells every problem at once. */
export function parseQuery<List extends ParameterList>(list: List, query: ParsedUrlQuery): ParsedQuery<List> {
  const problems = Object.keys(query)
    .filter((name) => !Object.hasOwn(list, name))
    .map((name) => ({ parameter: name, detail: toUnknown(name, Object.keys(list)) }));
  const values: Record<string, unknown> = {};
  for (const [name, parameter] of Object.entries(list)) {
    const parsed = parseOne(parameter, query[name]);
    if ('detail' in parsed) problems.push({ parameter: name, detail: parsed.detail });
    else values[name] = parsed.value;
  }
  return problems.length > 0 ? { problems } : { values: values as ParameterValues<List> };
}

function parseOne(
  { form, default: standard }: Parameter<unknown>,
  given: string | string[] | undefined,
): { readonly value: unknown } | { readonly detail: string } {
  if (Array.isArray(given)) return { detail: 'is given more than once' };
  const text = given ?? standard;
  if (text === undefined) return { value: undefined };
  const parsed = form.schema.safeParse(text);
  if (parsed.success) return { value: parsed.data };
  return { detail: parsed.error.issues.map(({ message }) => message).join('; ') };
}

function toUnknown(name: string, known: readonly string[]): string {
  const nearest = resolveNearestName(name.slice(0, 32), known);
  return nearest === undefined ? `is not known; known are ${known.join(', ')}` : `is not known; meant is ${nearest}?`;
}
