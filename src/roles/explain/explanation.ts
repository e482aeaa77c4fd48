import type { DropReason } from '../../model/drop-reason.ts';
import type { Verdict } from '../../model/flow-record.ts';
import type { EndKind } from '../../model/named-end.ts';
import type { PolicyDirection } from '../../model/network-policy.ts';
import type { PolicyCause, PolicyFinding, PolicyVerdict } from '../../model/policy-judgement.ts';
import type { Admission, EndpointState } from '../../policy/compare-policy-endpoints.ts';

/** Why a connection is judged as it is: as the deciding direction, or what its Service makes of it. */
export type ExplanationCause = PolicyCause | 'no_backends' | 'backends_differ';

export type QuestionProtocol = 'tcp' | 'udp' | 'sctp';

/** What a rule asks for, and what the connection has in its place. */
export interface Missing {
  readonly kind: 'pod_label' | 'namespace_label' | 'namespace' | 'pod' | 'address' | 'port';
  /** `access=true`, `namespace shop`, `a pod`, `10.0.0.0/8`, `80/TCP`. */
  readonly wanted: string;
  /** `access=false`; null where it has nothing of the kind, or where that is not known. */
  readonly has: string | null;
}

/** A rule that does not match, and all that it lacks at its nearest peer. */
export interface RuleMiss {
  /** `NAMESPACE/NAME` */
  readonly policy: string;
  /** Position in the policy's list of the direction, from 0. */
  readonly ruleIndex: number;
  /** Whom and what the rule admits, in words. */
  readonly admits: string;
  readonly missing: readonly Missing[];
}

/** What the policies say of one end's part: the source's egress or the destination's ingress. */
export interface ExplainedDirection {
  readonly direction: PolicyDirection;
  readonly verdict: PolicyVerdict;
  readonly cause: PolicyCause;
  /** Policies that select the pod for this direction, `NAMESPACE/NAME`. */
  readonly selecting: readonly string[];
  readonly matched: { readonly policy: string; readonly ruleIndex: number; readonly admits: string } | null;
  /** The rules that do not match, the nearest first; empty where one does. */
  readonly misses: readonly RuleMiss[];
  /** One sentence. */
  readonly why: string;
}

export interface ExplainedEnd {
  /** As it was asked for. */
  readonly asked: string;
  readonly kind: EndKind;
  readonly namespace: string | null;
  /** Of a pod, a Service or a node. */
  readonly name: string | null;
  readonly workload: string | null;
  /** Null of a pod that has none yet. */
  readonly address: string | null;
  readonly labels: Readonly<Record<string, string>> | null;
}

export interface ExplainedService {
  readonly namespace: string;
  readonly name: string;
  readonly port: number;
  readonly portName: string | null;
  /** As the Service says it: a number, or the name of a container's port. */
  readonly targetPort: number | string;
}

export interface ExplainedBackend {
  readonly address: string | null;
  readonly port: number;
  /** `NAMESPACE/NAME`; null where it is no pod. */
  readonly pod: string | null;
  /** Traffic goes to ready ones only, unless none is. */
  readonly isReady: boolean;
  readonly verdict: PolicyVerdict;
  readonly cause: PolicyCause;
}

/** How what the cluster's controller resolved a policy to compares with what the policy says. */
export interface ExplainedPolicyEndpoint {
  readonly policy: string;
  readonly direction: PolicyDirection;
  readonly state: EndpointState;
  readonly policySays: Admission;
  /** Null where nothing was resolved for the pod. */
  readonly resolvedSays: Admission | null;
  readonly why: string;
}

/** What was seen lately of connections of the pair. */
export interface Observed {
  /** The service that was asked. */
  readonly api: string;
  /** Why it could not be asked; all else is then empty. */
  readonly problem: string | null;
  /** Reports (a connection and interval), and connections that began in them. */
  readonly reports: number;
  readonly connections: number;
  /** Reports by verdict, by reason of what failed, and by finding. */
  readonly verdicts: Readonly<Partial<Record<Verdict, number>>>;
  readonly reasons: Readonly<Partial<Record<DropReason, number>>>;
  readonly findings: Readonly<Partial<Record<PolicyFinding, number>>>;
  /** Milliseconds since the Unix epoch. */
  readonly firstSeenMs: number | null;
  readonly lastSeenMs: number | null;
  /** Whether there were more reports than were read. */
  readonly hasMore: boolean;
}

/** The answer to a question; what is absent is null. Its names are `podflow explain --json`. */
export interface Explanation {
  readonly verdict: PolicyVerdict;
  readonly cause: ExplanationCause;
  /** One sentence. */
  readonly likelyCause: string;
  readonly from: ExplainedEnd;
  readonly to: ExplainedEnd;
  readonly protocol: QuestionProtocol;
  /** As dialled. */
  readonly port: number;
  /** Of the backend that decides; null where there is none. */
  readonly egress: ExplainedDirection | null;
  readonly ingress: ExplainedDirection | null;
  readonly service: ExplainedService | null;
  /** The Service's endpoints; empty where no Service is dialled. */
  readonly backends: readonly ExplainedBackend[];
  readonly policyEndpoints: readonly ExplainedPolicyEndpoint[];
  /** Null where no enrichment service was asked. */
  readonly observed: Observed | null;
  /** What else is to be known: how a name was read, what could not be listed. */
  readonly notes: readonly string[];
}
