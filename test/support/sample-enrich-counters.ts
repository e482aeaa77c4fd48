import type { BodyMapCounters } from '../../src/model/body-map-counters.ts';
import type { ElasticsearchCounters } from '../../src/model/elasticsearch-counters.ts';
import {
  KUBERNETES_KINDS,
  type KubernetesKind,
  type KubernetesKindCounters,
  type NameIndexCounters,
} from '../../src/model/kubernetes-counters.ts';
import type { MapCounters } from '../../src/model/map-counters.ts';
import type { StitchCounters } from '../../src/model/stitch-counters.ts';

/** The pods are watched; of the Services the first list is not in yet. */
export const KUBERNETES_COUNTERS: readonly KubernetesKindCounters[] = [
  {
    kind: 'Pod',
    isListed: true,
    isWatching: true,
    isPermitted: true,
    objects: 5_000,
    events: { ADDED: 40, MODIFIED: 30, DELETED: 20, BOOKMARK: 10, ERROR: 1 },
    lists: 2,
    watchEnds: { closed: 3, gone: 1, failed: 4, garbled: 5 },
    newestEventAgeMs: 1_500,
  },
  {
    kind: 'Service',
    isListed: false,
    isWatching: false,
    isPermitted: false,
    objects: 0,
    events: {},
    lists: 0,
    watchEnds: { closed: 0, gone: 0, failed: 0, garbled: 0 },
    newestEventAgeMs: undefined,
  },
];

export const NAME_INDEX_COUNTERS: NameIndexCounters = {
  addressIntervals: 6_000,
  services: 500,
  nodes: 100,
  unusableObjects: Object.fromEntries(KUBERNETES_KINDS.map((kind, i) => [kind, i])) as Record<KubernetesKind, number>,
};

export const STITCH_COUNTERS: StitchCounters = {
  receivedRecords: 1_005,
  connections: { both: 300, client: 150, server: 50, none: 0 },
  joinedRecords: 800,
  unjoinedRecords: { late: 20, duplicate: 30, unidentified: 10, unrelated: 5 },
  sentBackRecords: 40,
  heldRecords: 100,
  waitingConnections: 90,
  endsByKind: { pod: 800, service: 50, node: 40, external: 60, unknown: 30, ambiguous: 20 },
};

export const ELASTICSEARCH_COUNTERS: ElasticsearchCounters = {
  documents: { created: 400, duplicate: 50, failure_store: 3, rejected: 2, too_large: 1 },
  ignoredFieldDocuments: 4,
  requestsByStatus: new Map([
    [200, 60],
    [0, 5],
    [502, 7],
  ]),
  retriedDocuments: 80,
  splitBodies: 11,
  postponedBatches: 12,
  sentBytes: 700_000,
  inFlightRequests: 2,
  pendingBytes: 13_000,
  isAway: true,
};

export const BODY_MAP_COUNTERS: BodyMapCounters = {
  sentRecords: 350,
  rejectedRecords: 6,
  requestsByOutcome: { taken: 40, later: 3, refused: 1 },
  repeatedRequests: 2,
  postponedBatches: 5,
  sentBytes: 600_000,
  inFlightRequests: 4,
};

export const MAP_COUNTERS: MapCounters = { parties: 30, edges: 70, overflowConnections: 9, lateConnections: 8 };
