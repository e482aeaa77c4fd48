import type { DropReason } from './drop-reason.ts';
import type { Verdict } from './flow-record.ts';
import type { EndKind } from './named-end.ts';
import type { PolicyDirection } from './network-policy.ts';
import type { PolicyFinding } from './policy-judgement.ts';

/** What of a connection that failed a list can be asked for: a finding, or that there was none. */
export const FAILURE_FINDINGS = ['denied', 'unexplained', 'none'] as const;
export type FailureFinding = (typeof FAILURE_FINDINGS)[number];

/** One party of a failed connection: a workload, a Service, a node, or an address. Absent facts are `undefined`. */
export interface DeniedEnd {
  readonly kind: EndKind;
  readonly namespaceName: string | undefined;
  readonly workloadKind: string | undefined;
  readonly workloadName: string | undefined;
  /** Of kind `service`. */
  readonly serviceName: string | undefined;
  /** Of kind `node`. */
  readonly nodeName: string | undefined;
  /** Of ends without a name, while there is room to tell them apart. */
  readonly address: string | undefined;
}

/** Connections that failed between two parties for one reason. */
export interface DeniedPair {
  readonly source: DeniedEnd;
  readonly destination: DeniedEnd;
  /** The Service through which it was dialled. */
  readonly serviceNamespaceName: string | undefined;
  readonly serviceName: string | undefined;
  /** Lower-case IANA name. */
  readonly transport: string;
  /** The server's own port, behind the Service. */
  readonly destinationPort: number | undefined;
  readonly verdict: Verdict;
  readonly reason: DropReason | undefined;
  readonly finding: PolicyFinding | undefined;
  /** The policy that denies it, and in which direction. */
  readonly policyNamespaceName: string | undefined;
  readonly policyName: string | undefined;
  readonly policyDirection: PolicyDirection | undefined;
  /** One sentence on what no rule admits, of the newest of them. */
  readonly why: string | undefined;
  /** Connections that failed, each once however many reports said so. */
  readonly connections: number;
  /** Packets of failed attempts. */
  readonly packets: number;
  /** First and last packet of them, milliseconds since the Unix epoch. */
  readonly firstSeenMs: number;
  readonly lastSeenMs: number;
}

export interface DeniedQuery {
  /** Only pairs with an end in this namespace. */
  readonly namespace?: string | undefined;
  /** Only pairs of any of these findings. */
  readonly findings?: ReadonlySet<FailureFinding> | undefined;
  /** At most so many pairs. */
  readonly limit: number;
}

/** Which connections failed from `fromMs` to `toMs` (Unix epoch), most frequent first. */
export interface DeniedList {
  readonly fromMs: number;
  readonly toMs: number;
  readonly pairs: readonly DeniedPair[];
  /** Pairs beyond the query's limit. */
  readonly omittedPairs: number;
  /** Failed connections of pairs that found no room; they are in no pair. */
  readonly overflowConnections: number;
}

/** Where they can be looked up. */
export interface DeniedSource {
  list(query: DeniedQuery): DeniedList;
}
