import { CONNECTION_ATTRIBUTES } from '../../model/connection-attributes.ts';
import type { JsonSchema } from './parameter-form.ts';

const ALWAYS_TOLD = new Set([
  'flow.start',
  'flow.end',
  'flow.perspectives',
  'flow.community_id',
  'source.address',
  'source.kind',
  'destination.address',
  'destination.kind',
  'network.transport',
  'flow.bytes.delta',
  'flow.packets.delta',
  'flow.reverse.bytes.delta',
  'flow.reverse.packets.delta',
  'flow.verdict',
]);

const OWN_FIELDS: Readonly<Record<string, JsonSchema>> = {
  time_unix_nano: { type: 'integer', format: 'int64', description: 'end of the interval, ns since epoch' },
  trace_id: { type: 'string', pattern: '^[0-9a-f]{32}$', description: 'shared by all reports of the connection' },
};

/** One connection in one interval; its properties are those of `CONNECTION_ATTRIBUTES`. */
export const FLOW_SCHEMA = {
  type: 'object',
  description: 'One connection in one report interval, both ends named. Counters are deltas of the interval.',
  properties: {
    ...OWN_FIELDS,
    ...Object.fromEntries(
      CONNECTION_ATTRIBUTES.map((attribute) => {
        const type = attribute.type === 'int' ? { type: 'integer', format: 'int64' } : toTextType(attribute.words);
        return [attribute.name, { ...type, description: attribute.meaning }];
      }),
    ),
  },
  required: [
    'time_unix_nano',
    ...CONNECTION_ATTRIBUTES.map(({ name }) => name).filter((name) => ALWAYS_TOLD.has(name)),
  ],
  additionalProperties: false,
};

export const FLOW_PAGE_SCHEMA = {
  type: 'object',
  properties: {
    flows: { type: 'array', items: { $ref: '#/components/schemas/Flow' }, description: 'newest first' },
    nextCursor: { type: 'string', description: 'for the page of older flows; absent on the last one' },
  },
  required: ['flows'],
  additionalProperties: false,
};

/** RFC 9457, with what is wrong with each parameter and, where nothing is found, what there is. */
export const PROBLEM_SCHEMA = {
  type: 'object',
  properties: {
    type: { type: 'string', format: 'uri-reference' },
    title: { type: 'string' },
    status: { type: 'integer' },
    detail: { type: 'string' },
    errors: {
      type: 'array',
      items: {
        type: 'object',
        properties: { parameter: { type: 'string' }, detail: { type: 'string' } },
        required: ['parameter', 'detail'],
        additionalProperties: false,
      },
    },
    paths: { type: 'array', items: { type: 'string' } },
  },
  required: ['type', 'title', 'status', 'detail'],
  additionalProperties: false,
};

function toTextType(words: readonly string[] | undefined): JsonSchema {
  return words === undefined ? { type: 'string' } : { type: 'string', enum: words };
}
