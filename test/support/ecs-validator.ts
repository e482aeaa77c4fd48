import { isIP } from 'node:net';
import { DOCUMENT_FIELDS } from '../../src/ecs/document/document-fields.ts';
import { ECS_FIELD_LIST, type EcsField } from './ecs-field-list.ts';

const FIELDS = new Map(DOCUMENT_FIELDS.map((field) => [field.name, field]));
/** Below these names a document may have fields that ECS does not have. */
const OWN_NAMES = /^(type$|podflow\.|(source|destination)\.kubernetes\.)/;
const DATE = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/;
const REQUIRED = [
  '@timestamp',
  'ecs.version',
  'data_stream.type',
  'data_stream.dataset',
  'data_stream.namespace',
  'event.kind',
  'event.category',
  'event.type',
  'event.dataset',
  'event.id',
];

/**
 * What is wrong with a document: against the fields of ECS 9.4.0 (names, types, arrays, allowed values, event types
 * that its category expects), and against `DOCUMENT_FIELDS`, of which the index mapping is made. Empty: nothing.
 */
export function validateEcsDocument(document: unknown): string[] {
  if (!isObject(document)) return ['it is no object'];
  const leaves = [...listLeaves(document, '')];
  const values = new Map(leaves);
  return [
    ...REQUIRED.filter((name) => !values.has(name)).map((name) => `${name} is missing`),
    ...leaves.flatMap(([name, value]) => checkLeaf(name, value)),
    ...checkEventTypes(values.get('event.category'), values.get('event.type')),
    ...checkRelated(leaves),
  ];
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** Fields with their values; objects that are values themselves (points, flattened ones) stay whole. */
function* listLeaves(value: Record<string, unknown>, prefix: string): Generator<[name: string, value: unknown]> {
  for (const [key, member] of Object.entries(value)) {
    const name = prefix === '' ? key : `${prefix}.${key}`;
    const type = FIELDS.get(name)?.type;
    const isValue = !isObject(member) || type === 'geo_point' || type === 'flattened';
    if (isValue || Object.keys(member).length === 0) yield [name, member];
    else yield* listLeaves(member, name);
  }
}

function checkLeaf(name: string, value: unknown): string[] {
  const field = FIELDS.get(name);
  if (field === undefined) return [`${name} is not in DOCUMENT_FIELDS`];
  const ecs = ECS_FIELD_LIST.get(name);
  if (ecs === undefined && !OWN_NAMES.test(name)) return [`${name} is neither of ECS nor below a name of our own`];
  const isArray = ecs === undefined ? field.isArray : ecs.array === true;
  if (Array.isArray(value) !== isArray) return [`${name} ${isArray ? 'is no array' : 'is an array'}`];
  const items: readonly unknown[] = isArray ? (value as unknown[]) : [value];
  if (items.length === 0 || new Set(items).size !== items.length) return [`${name} is empty or tells a thing twice`];
  const problems = items.flatMap((item) => checkValue(name, field.type, item));
  return ecs === undefined
    ? problems
    : [...problems, ...items.flatMap((item) => checkEcs(name, ecs, field.type, item))];
}

function checkValue(name: string, type: string, value: unknown): string[] {
  return isOfType(type, value) ? [] : [`${name} is no ${type}: ${JSON.stringify(value)}`];
}

function isOfType(type: string, value: unknown): boolean {
  switch (type) {
    case 'keyword':
    case 'constant_keyword':
      return typeof value === 'string' && value !== '';
    case 'long':
      return typeof value === 'number' && Number.isInteger(value) && Math.abs(value) < 2 ** 63;
    case 'ip':
      return typeof value === 'string' && isIP(value) !== 0;
    case 'date':
      return typeof value === 'string' && DATE.test(value) && !Number.isNaN(Date.parse(value));
    case 'geo_point':
      return isObject(value) && isWithin(value['lat'], 90) && isWithin(value['lon'], 180);
    case 'flattened':
      return (
        isObject(value) && Object.keys(value).length > 0 && Object.values(value).every((v) => typeof v === 'string')
      );
    default:
      return false;
  }
}

function isWithin(value: unknown, most: number): boolean {
  return typeof value === 'number' && Math.abs(value) <= most;
}

function checkEcs(name: string, ecs: EcsField, type: string, value: unknown): string[] {
  const words = ecs.allowed_values?.map((allowed) => allowed.name) ?? ecs.expected_values;
  const isKnown = words === undefined || words.includes(String(value));
  return [
    ...(ecs.type === type ? [] : [`${name} is ${ecs.type} in ECS, ${type} in DOCUMENT_FIELDS`]),
    ...(isKnown ? [] : [`${name} may not be ${JSON.stringify(value)}`]),
  ];
}

function checkEventTypes(categories: unknown, types: unknown): string[] {
  if (!Array.isArray(categories) || !Array.isArray(types)) return [];
  const allowed = ECS_FIELD_LIST.get('event.category')?.allowed_values ?? [];
  const expected = allowed.flatMap(({ name, expected_event_types }) =>
    categories.includes(name) ? (expected_event_types ?? []) : [],
  );
  return types.filter((type) => !expected.includes(type)).map((type) => `event.type ${type} is not expected`);
}

/** ECS has every address of an event in `related.ip`. */
function checkRelated(leaves: readonly (readonly [string, unknown])[]): string[] {
  const related = new Map(leaves).get('related.ip');
  const known: unknown[] = Array.isArray(related) ? related : [];
  return leaves
    .filter(([name, value]) => FIELDS.get(name)?.type === 'ip' && name !== 'related.ip' && !known.includes(value))
    .map(([name]) => `${name} is not in related.ip`);
}
