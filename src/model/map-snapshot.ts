import type { DropReason } from './drop-reason.ts';
import type { Verdict } from './flow-record.ts';
import { END_KINDS } from './named-end.ts';
import type { PolicyFinding } from './policy-judgement.ts';

/** What a node of the map stands for: a workload of many pods, or each pod and address by itself. */
export const MAP_LEVELS = ['workload', 'pod'] as const;
export type MapLevel = (typeof MAP_LEVELS)[number];

/** `workload`, at the level of pods too where its pods had no room; `other`: what had none at all. */
export const MAP_NODE_KINDS = ['workload', ...END_KINDS, 'other'] as const;
export type MapNodeKind = (typeof MAP_NODE_KINDS)[number];

export interface MapQuery {
  readonly level: MapLevel;
  /** Only edges with an end in this namespace. */
  readonly namespace?: string | undefined;
  /** Only the last so many milliseconds, rounded up to whole intervals; all that is kept where undefined. */
  readonly windowMs?: number | undefined;
  /** At most so many edges, those with most bytes; all where undefined. */
  readonly edgeLimit?: number | undefined;
}

/** One party. Absent facts are `undefined`. */
export interface MapNode {
  /** The same as long as the party has its name: `pod/shop/cart-1`, `workload/shop/Deployment/cart`, `external`. */
  readonly id: string;
  readonly kind: MapNodeKind;
  readonly clusterName: string | undefined;
  readonly namespaceName: string | undefined;
  readonly workloadKind: string | undefined;
  readonly workloadName: string | undefined;
  readonly serviceName: string | undefined;
  /** These are told of single ends only. */
  readonly podName: string | undefined;
  readonly nodeName: string | undefined;
  readonly zone: string | undefined;
  readonly address: string | undefined;
  readonly labels: Readonly<Record<string, string>> | undefined;
}

export interface MapService {
  readonly namespaceName: string;
  readonly serviceName: string;
}

/** All connections of one transport from one party to another within the window. */
export interface MapEdge {
  /** Ids of the nodes: client and server. */
  readonly source: string;
  readonly destination: string;
  /** Lower-case IANA name. */
  readonly transport: string;
  /** Ports of the server, ascending; some of them where `hasMorePorts`. */
  readonly destinationPorts: readonly number[];
  readonly hasMorePorts: boolean;
  /** Services through which it was dialled, by name; some of them where `hasMoreServices`. */
  readonly services: readonly MapService[];
  readonly hasMoreServices: boolean;
  readonly bytes: number;
  readonly packets: number;
  readonly reverseBytes: number;
  readonly reversePackets: number;
  /** Connections that began. */
  readonly connections: number;
  /** Failed connections by reason; `unknown` where none was told. */
  readonly failures: Readonly<Partial<Record<DropReason | 'unknown', number>>>;
  /** Packets of failed attempts. */
  readonly droppedPackets: number;
  /** Reports (connections in an interval) by verdict. */
  readonly verdicts: Readonly<Record<Verdict, number>>;
  /** Reports in which what happened and what the policies say are worth a look. */
  readonly findings: Readonly<Record<PolicyFinding, number>>;
  /** Of TCP only. */
  readonly retransmits: number | undefined;
  readonly reverseRetransmits: number | undefined;
  /** Told where both ends were observed at least once; may be below 0 by packets on their way. */
  readonly lostPackets: number | undefined;
  readonly reverseLostPackets: number | undefined;
  /** Mean of the smoothed round-trip times that the reports tell. */
  readonly roundTripNs: number | undefined;
  /** First packet since the edge is known, and the last one; milliseconds since the Unix epoch. */
  readonly firstSeenMs: number;
  readonly lastSeenMs: number;
}

/** Who talked to whom from `fromMs` to `toMs` (Unix epoch). Nodes by id; edges by source, destination, transport. */
export interface MapSnapshot {
  readonly level: MapLevel;
  readonly fromMs: number;
  readonly toMs: number;
  readonly nodes: readonly MapNode[];
  readonly edges: readonly MapEdge[];
  /** Edges beyond the query's limit. */
  readonly omittedEdges: number;
}
