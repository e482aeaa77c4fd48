import type { NamedEnd, NamedService } from '../../model/named-end.ts';
import type { PolicyCatalogue } from '../../model/network-policy.ts';
import type { PolicyJudgement } from '../../model/policy-judgement.ts';

export interface ServicePortFacts {
  readonly name: string | undefined;
  readonly protocolNumber: number;
  readonly port: number;
  /** By number, or by the name of a container's port. */
  readonly targetPort: number | string;
  /** Where it is dialled at a node's address. */
  readonly nodePort: number | undefined;
}

export interface ServiceOfCluster {
  readonly namespaceName: string;
  readonly name: string;
  /** Its own, those of load balancers and external ones included. */
  readonly addresses: readonly string[];
  readonly ports: readonly ServicePortFacts[];
  /** The DNS name that it stands for (type ExternalName). */
  readonly externalName: string | undefined;
}

export interface Backend {
  readonly end: NamedEnd;
  readonly port: number;
  readonly isReady: boolean;
}

export interface PodOfCluster {
  readonly end: NamedEnd;
  /** Whether it has succeeded or failed. */
  readonly hasFinished: boolean;
}

/** Names that something similar is looked for among. */
export interface KnownNames {
  readonly pods: readonly string[];
  readonly services: readonly string[];
  readonly workloads: readonly string[];
}

/** What a question is answered from: a cluster's objects as they are now. */
export interface Cluster {
  readonly catalogue: PolicyCatalogue;
  findPod(namespaceName: string, name: string): PodOfCluster | undefined;
  /** Living pods of a workload, by name; of any kind where none is given (lower case). */
  findWorkloadPods(namespaceName: string, name: string, kind: string | undefined): readonly NamedEnd[];
  findService(namespaceName: string, name: string): ServiceOfCluster | undefined;
  findBackends(service: ServiceOfCluster, port: ServicePortFacts): readonly Backend[];
  resolveEnd(address: string, protocolNumber: number, port: number | undefined): NamedEnd;
  resolveService(address: string, protocolNumber: number, port: number | undefined): NamedService | undefined;
  judge(source: NamedEnd, destination: NamedEnd, protocolNumber: number, port: number): PolicyJudgement;
  /** `NAMESPACE/NAME` of all there is. */
  listNames(): KnownNames;
}
