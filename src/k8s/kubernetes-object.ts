import type { Labels, NetworkPolicyFacts } from '../model/network-policy.ts';

/** Facts kept of the API's objects: only what names are made of. Texts that many objects share are one text. */

/** Which object; of kinds without namespaces `namespaceName` is empty. */
export interface ObjectIdentity {
  readonly namespaceName: string;
  readonly name: string;
}

/** An owner as `metadata.ownerReferences` names it, in the namespace of what it owns. */
export interface OwnerReference {
  readonly kind: string;
  readonly name: string;
  /** Whether it is of the API's own groups `apps` or `batch`: other groups have kinds of the same names. */
  readonly isBuiltIn: boolean;
}

/** A port that a container declares; see `toPortKey`. */
export interface DeclaredPort {
  readonly portKey: number;
  readonly name: string | undefined;
}

export interface PodFacts extends ObjectIdentity {
  readonly uid: string | undefined;
  readonly nodeName: string | undefined;
  readonly isHostNetwork: boolean;
  readonly owner: OwnerReference | undefined;
  readonly labels: Labels | undefined;
  readonly containerName: string | undefined;
  readonly ports: readonly DeclaredPort[];
  readonly addresses: readonly string[];
  /** When its node took it on (`status.startTime`), milliseconds since the Unix epoch: it had no address before. */
  readonly begunMs: number | undefined;
  /** From when it had its address, as far as its status tells. */
  readonly startMs: number | undefined;
  /** Whether its phase is Succeeded or Failed. */
  readonly hasFinished: boolean;
  /** When the last of its containers ended, where none runs. */
  readonly finishedMs: number | undefined;
}

export interface ServicePort {
  readonly name: string | undefined;
  readonly portKey: number;
  /** Of the backends: a number, or the name of a port of theirs. */
  readonly targetPort: number | string;
  /** Undefined where it has no NodePort. */
  readonly nodePortKey: number | undefined;
}

export interface ServiceFacts extends ObjectIdentity {
  readonly createdMs: number | undefined;
  readonly clusterAddresses: readonly string[];
  readonly externalAddresses: readonly string[];
  readonly loadBalancerAddresses: readonly string[];
  readonly ports: readonly ServicePort[];
  /** Undefined where it selects no pods. */
  readonly selector: Labels | undefined;
  /** The DNS name that it stands for (type ExternalName). */
  readonly externalName: string | undefined;
}

export interface EndpointSliceFacts extends ObjectIdentity {
  readonly createdMs: number | undefined;
  /** Undefined where the slice stands for no Service. */
  readonly serviceName: string | undefined;
  readonly addresses: readonly string[];
  /** Those of the addresses that are not ready. */
  readonly unready: readonly string[];
  /** Port 0 in the key stands for all ports of the protocol. */
  readonly ports: readonly DeclaredPort[];
}

export interface NodeFacts extends ObjectIdentity {
  readonly createdMs: number | undefined;
  readonly zone: string | undefined;
  readonly addresses: readonly string[];
  readonly podCidrs: readonly string[];
}

export interface NamespaceFacts extends ObjectIdentity {
  readonly createdMs: number | undefined;
  /** `kubernetes.io/metadata.name` among them, as the API server sets it. */
  readonly labels: Labels;
}

export interface CreatedPolicyFacts extends NetworkPolicyFacts {
  readonly createdMs: number | undefined;
}

/** A ReplicaSet or a Job: only by whom it is owned counts. */
export interface OwnedFacts extends ObjectIdentity {
  readonly owner: OwnerReference | undefined;
}
