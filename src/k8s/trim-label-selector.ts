import type { LabelRequirement, LabelSelector, Labels } from '../model/network-policy.ts';
import type { FieldReader, JsonObject } from './field-reader.ts';

const OPERATORS: readonly unknown[] = ['In', 'NotIn', 'Exists', 'DoesNotExist'];
/** Whether an operator has values. */
const HAS_VALUES: Readonly<Record<LabelRequirement['operator'], boolean>> = {
  In: true,
  NotIn: true,
  Exists: false,
  DoesNotExist: false,
};

const NAME = /^[A-Za-z0-9]([-A-Za-z0-9_.]{0,61}[A-Za-z0-9])?$/;
const PREFIX = /^(?=.{1,253}$)[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$/;

/**
 * A selector as the API server takes it: keys and values of the form of labels, values where the operator wants them
 * (apimachinery, ValidateLabelSelector).
 */
export function toLabelSelector(value: unknown, path: string, reader: FieldReader): LabelSelector | undefined {
  const object = reader.object(value, path);
  if (object === undefined) return undefined;
  const expressions = reader.each(object['matchExpressions'], `${path}.matchExpressions`, (each, place) =>
    toRequirement(reader.object(each ?? false, place), place, reader),
  );
  return {
    matchLabels: toMatchLabels(object['matchLabels'], `${path}.matchLabels`, reader),
    matchExpressions: expressions,
  };
}

function toMatchLabels(value: unknown, path: string, reader: FieldReader): Labels {
  const labels = reader.labels(value, path) ?? {};
  for (const [key, text] of Object.entries(labels))
    if (!isLabelKey(key) || !isLabelValue(text)) reader.note(`${path}[${key}]`);
  return labels;
}

function toRequirement(each: JsonObject | undefined, path: string, reader: FieldReader): LabelRequirement | undefined {
  const key = reader.text(each?.['key'], `${path}.key`);
  const told = each?.['operator'];
  if (key === undefined || !isLabelKey(key)) return reader.note(`${path}.key`);
  if (!OPERATORS.includes(told)) return reader.note(`${path}.operator`);
  const operator = told as LabelRequirement['operator'];
  // The empty value is one: `In ["", "a"]`.
  const values = reader.each(each?.['values'], `${path}.values`, (text, place) =>
    isLabelValue(text) ? text : reader.note(place),
  );
  if (values.length > 0 !== HAS_VALUES[operator]) return reader.note(`${path}.values`);
  return { key, operator, values };
}

function isLabelKey(key: string): boolean {
  const slash = key.indexOf('/');
  return (slash < 0 || PREFIX.test(key.slice(0, slash))) && NAME.test(key.slice(slash + 1));
}

function isLabelValue(value: unknown): value is string {
  return typeof value === 'string' && (value === '' || NAME.test(value));
}
