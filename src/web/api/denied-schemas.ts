import type { DeniedEnd, DeniedList, DeniedPair } from '../../model/denied-pairs.ts';
import { DROP_REASONS } from '../../model/drop-reason.ts';
import { VERDICTS } from '../../model/flow-record.ts';
import { END_KINDS } from '../../model/named-end.ts';
import { POLICY_FINDINGS } from '../../model/policy-judgement.ts';
import { COUNT, TEXT, TIME, toObjectSchema } from './object-schema.ts';

export const DENIED_END_SCHEMA = toObjectSchema<DeniedEnd>(
  'One party: a workload, a Service, a node, or addresses of one kind.',
  {
    kind: { type: 'string', enum: END_KINDS },
    namespaceName: TEXT,
    workloadKind: TEXT,
    workloadName: TEXT,
    serviceName: TEXT,
    nodeName: TEXT,
    address: { ...TEXT, description: 'of what has no name, while there is room to tell such addresses apart' },
  },
  ['namespaceName', 'workloadKind', 'workloadName', 'serviceName', 'nodeName', 'address'],
);

export const DENIED_PAIR_SCHEMA = toObjectSchema<DeniedPair>(
  'Connections that failed between two parties for one reason.',
  {
    source: { $ref: '#/components/schemas/DeniedEnd' },
    destination: { $ref: '#/components/schemas/DeniedEnd' },
    serviceNamespaceName: TEXT,
    serviceName: { ...TEXT, description: 'the Service through which it was dialled' },
    transport: { ...TEXT, description: 'lower-case IANA name' },
    destinationPort: { type: 'integer', minimum: 0, maximum: 65_535, description: 'behind the Service' },
    verdict: { type: 'string', enum: VERDICTS },
    reason: { type: 'string', enum: DROP_REASONS },
    finding: { type: 'string', enum: POLICY_FINDINGS },
    policyNamespaceName: TEXT,
    policyName: { ...TEXT, description: 'the policy that denies it' },
    policyDirection: { type: 'string', enum: ['egress', 'ingress'] },
    why: { ...TEXT, description: 'what no rule of the policies admits, in one sentence' },
    connections: { ...COUNT, description: 'connections that failed, each once' },
    packets: { ...COUNT, description: 'packets of failed attempts' },
    firstSeenMs: TIME,
    lastSeenMs: TIME,
  },
  [
    'serviceNamespaceName',
    'serviceName',
    'destinationPort',
    'reason',
    'finding',
    'policyNamespaceName',
    'policyName',
    'policyDirection',
    'why',
  ],
);

export const DENIED_LIST_SCHEMA = toObjectSchema<DeniedList>(
  'Which connections failed within a window, most frequent first.',
  {
    fromMs: TIME,
    toMs: TIME,
    pairs: { type: 'array', items: { $ref: '#/components/schemas/DeniedPair' } },
    omittedPairs: { ...COUNT, description: 'pairs beyond the limit' },
    overflowConnections: {
      ...COUNT,
      description: 'failed connections of pairs that found no room; they are in no pair',
    },
  },
);
