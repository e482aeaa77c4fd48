import { VERSION } from '../../lib/version.ts';
import { DENIED_END_SCHEMA, DENIED_LIST_SCHEMA, DENIED_PAIR_SCHEMA } from './denied-schemas.ts';
import { MAP_EDGE_SCHEMA, MAP_NODE_SCHEMA, MAP_SCHEMA } from './map-schemas.ts';
import type { ParameterList } from './parameter.ts';
import { FLOW_PAGE_SCHEMA, FLOW_SCHEMA, PROBLEM_SCHEMA } from './schemas.ts';

/** What is documented of one path; all answer GET and HEAD only. */
export interface Operation {
  readonly path: string;
  readonly operationId: string;
  readonly summary: string;
  readonly parameters: ParameterList;
  /** Its answer, as a JSON Schema. */
  readonly answerSchema: object;
}

const SCHEMAS = {
  Flow: FLOW_SCHEMA,
  FlowPage: FLOW_PAGE_SCHEMA,
  Map: MAP_SCHEMA,
  MapNode: MAP_NODE_SCHEMA,
  MapEdge: MAP_EDGE_SCHEMA,
  DeniedList: DENIED_LIST_SCHEMA,
  DeniedPair: DENIED_PAIR_SCHEMA,
  DeniedEnd: DENIED_END_SCHEMA,
  Problem: PROBLEM_SCHEMA,
};

/** A reference to one of the document's schemas. */
export function schemaReference(name: keyof typeof SCHEMAS): object {
  return { $ref: `#/components/schemas/${name}` };
}

/** The OpenAPI 3.1 document of some operations. */
export function toOpenApiDocument(operations: readonly Operation[]): object {
  return {
    openapi: '3.1.0',
    info: {
      title: 'podflow',
      version: VERSION,
      description: 'Recent flows between pods, the map of who talks to whom, and what failed. Read-only.',
      license: { name: 'Apache-2.0', identifier: 'Apache-2.0' },
    },
    paths: Object.fromEntries(operations.map((operation) => [operation.path, { get: toOperation(operation) }])),
    components: { schemas: SCHEMAS },
  };
}

function toOperation({ operationId, summary, parameters, answerSchema }: Operation): object {
  return {
    operationId,
    summary,
    parameters: toParameters(parameters),
    responses: {
      200: { description: summary, content: { 'application/json': { schema: answerSchema } } },
      400: {
        description: 'Parameters that cannot be used; each is named.',
        content: { 'application/problem+json': { schema: schemaReference('Problem') } },
      },
    },
  };
}

function toParameters(list: ParameterList): object[] {
  return Object.entries(list).map(([name, { form, meaning, default: standard }]) => ({
    name,
    in: 'query',
    required: false,
    description: meaning,
    ...(form.isList === true ? { style: 'form', explode: false } : {}),
    schema: {
      ...form.jsonSchema,
      ...(standard === undefined ? {} : { default: toDefault(form.jsonSchema, standard) }),
    },
  }));
}

function toDefault({ type }: { readonly type?: unknown }, text: string): string | number {
  return type === 'integer' ? Number(text) : text;
}
