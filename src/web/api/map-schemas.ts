import { DROP_REASONS } from '../../model/drop-reason.ts';
import { VERDICTS } from '../../model/flow-record.ts';
import { MAP_LEVELS, MAP_NODE_KINDS, type MapEdge, type MapNode, type MapSnapshot } from '../../model/map-snapshot.ts';
import { POLICY_FINDINGS } from '../../model/policy-judgement.ts';
import { COUNT, TEXT, TIME, toObjectSchema } from './object-schema.ts';
import type { JsonSchema } from './parameter-form.ts';

function describe(schema: JsonSchema, description: string): JsonSchema {
  return { ...schema, description };
}

export const MAP_NODE_SCHEMA = toObjectSchema<MapNode>(
  'One party: a workload, a pod, a Service, or addresses of one kind.',
  {
    id: describe(TEXT, 'stays the same while the party has its name'),
    kind: { type: 'string', enum: MAP_NODE_KINDS },
    clusterName: TEXT,
    namespaceName: TEXT,
    workloadKind: TEXT,
    workloadName: TEXT,
    serviceName: TEXT,
    podName: describe(TEXT, 'this and what follows: of single pods and addresses only'),
    nodeName: TEXT,
    zone: TEXT,
    address: TEXT,
    labels: { type: 'object', additionalProperties: TEXT },
  },
  [
    'clusterName',
    'namespaceName',
    'workloadKind',
    'workloadName',
    'serviceName',
    'podName',
    'nodeName',
    'zone',
    'address',
    'labels',
  ],
);

const SERVICE = toObjectSchema('', { namespaceName: TEXT, serviceName: TEXT });
const FAILURES = Object.fromEntries([...DROP_REASONS, 'unknown'].map((reason) => [reason, COUNT]));

export const MAP_EDGE_SCHEMA = toObjectSchema<MapEdge>(
  'All connections of one transport from a client to a server within the window.',
  {
    source: describe(TEXT, 'id of the client'),
    destination: describe(TEXT, 'id of the server'),
    transport: describe(TEXT, 'lower-case IANA name'),
    destinationPorts: { type: 'array', items: { type: 'integer', minimum: 0, maximum: 65_535 } },
    hasMorePorts: describe({ type: 'boolean' }, 'whether there were more ports than are told'),
    services: { type: 'array', items: SERVICE, description: 'Services through which it was dialled' },
    hasMoreServices: { type: 'boolean' },
    bytes: describe(COUNT, 'client to server, whole frames'),
    packets: COUNT,
    reverseBytes: describe(COUNT, 'server to client'),
    reversePackets: COUNT,
    connections: describe(COUNT, 'connections that began'),
    failures: {
      type: 'object',
      properties: FAILURES,
      additionalProperties: false,
      description: 'failed connections by reason',
    },
    droppedPackets: describe(COUNT, 'packets of failed attempts'),
    verdicts: describe(toObjectSchema('', toEach(VERDICTS, COUNT)), 'reports (connections in an interval) by verdict'),
    findings: describe(
      toObjectSchema('', toEach(POLICY_FINDINGS, COUNT)),
      'reports in which what happened and what the policies say are worth a look',
    ),
    retransmits: describe(COUNT, 'of TCP only'),
    reverseRetransmits: COUNT,
    lostPackets: describe(
      { type: 'integer' },
      'where both ends were observed; below 0 where packets of before the window came',
    ),
    reverseLostPackets: { type: 'integer' },
    roundTripNs: describe(COUNT, 'mean round-trip time'),
    firstSeenMs: TIME,
    lastSeenMs: TIME,
  },
  ['retransmits', 'reverseRetransmits', 'lostPackets', 'reverseLostPackets', 'roundTripNs'],
);

export const MAP_SCHEMA = toObjectSchema<MapSnapshot>('Who talked to whom within a window.', {
  level: { type: 'string', enum: MAP_LEVELS },
  fromMs: TIME,
  toMs: TIME,
  nodes: { type: 'array', items: { $ref: '#/components/schemas/MapNode' } },
  edges: { type: 'array', items: { $ref: '#/components/schemas/MapEdge' } },
  omittedEdges: describe(COUNT, 'edges beyond the limit'),
});

function toEach(names: readonly string[], schema: JsonSchema): Readonly<Record<string, JsonSchema>> {
  return Object.fromEntries(names.map((name) => [name, schema]));
}
