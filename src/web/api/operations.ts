import { encodeConnectionJson } from '../../lib/connection-json.ts';
import type { DeniedSource } from '../../model/denied-pairs.ts';
import type { MapQuery, MapSnapshot } from '../../model/map-snapshot.ts';
import { DENIED_PARAMETERS } from './denied-parameters.ts';
import { FLOW_PARAMETERS } from './flow-parameters.ts';
import type { FlowSource } from './flow-source.ts';
import { MAP_PARAMETERS } from './map-parameters.ts';
import { schemaReference, toOpenApiDocument, type Operation } from './openapi-document.ts';
import type { ParameterList, ParameterValues } from './parameter.ts';

/** What the answers are made from. */
export interface ApiSources {
  readonly flows: FlowSource;
  readonly map: { snapshot(query: MapQuery): MapSnapshot };
  readonly denied: DeniedSource;
}

/** An operation with what answers it. */
export interface RunningOperation extends Operation {
  /** The answer as JSON text. */
  readonly answer: (values: ParameterValues<ParameterList>) => string;
}

/** All of the API; the last one is its own document. */
export function createOperations({ flows, map, denied }: ApiSources): readonly RunningOperation[] {
  const operations = [
    operation(FLOWS, (values) => answerFlows(flows, values)),
    operation(MAP, ({ level, namespace, window, limit }) =>
      JSON.stringify(map.snapshot({ level, namespace, windowMs: window, edgeLimit: limit })),
    ),
    operation(DENIED, ({ namespace, finding, limit }) =>
      JSON.stringify(denied.list({ namespace, findings: finding, limit })),
    ),
  ];
  const document = JSON.stringify(toOpenApiDocument([FLOWS, MAP, DENIED, DOCUMENT]));
  return [...operations, operation(DOCUMENT, () => document)];
}

const FLOWS = {
  path: '/api/flows',
  operationId: 'listFlows',
  summary: 'Recent flows, newest first.',
  parameters: FLOW_PARAMETERS,
  answerSchema: schemaReference('FlowPage'),
};

const MAP = {
  path: '/api/map',
  operationId: 'getMap',
  summary: 'The graph of who talks to whom.',
  parameters: MAP_PARAMETERS,
  answerSchema: schemaReference('Map'),
};

const DENIED = {
  path: '/api/denied',
  operationId: 'listDenied',
  summary: 'Which connections failed lately, most frequent first.',
  parameters: DENIED_PARAMETERS,
  answerSchema: schemaReference('DeniedList'),
};

const DOCUMENT = {
  path: '/api/openapi.json',
  operationId: 'getOpenApiDocument',
  summary: 'This document (OpenAPI 3.1).',
  parameters: {},
  answerSchema: { type: 'object' },
};

function operation<List extends ParameterList>(
  described: Operation & { readonly parameters: List },
  answer: (values: ParameterValues<List>) => string,
): RunningOperation {
  return { ...described, answer: answer as RunningOperation['answer'] };
}

function answerFlows(flows: FlowSource, values: ParameterValues<typeof FLOW_PARAMETERS>): string {
  const { limit, cursor, ...filters } = values;
  const page = flows.find({
    filters: Object.values(filters).filter((filter) => filter !== undefined),
    limit,
    before: cursor,
  });
  const next = page.nextBefore === undefined ? '' : `,"nextCursor":"${page.nextBefore}"`;
  return `{"flows":[${page.flows.map(encodeConnectionJson).join(',')}]${next}}`;
}
