/** Facts kept of the API's objects: only what names are made of. Texts that many objects share are one text. */

export type Labels = Readonly<Record<string, string>>;

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
  /** Undefined where it has no NodePort. */
  readonly nodePortKey: number | undefined;
}

export interface ServiceFacts extends ObjectIdentity {
  readonly createdMs: number | undefined;
  readonly clusterAddresses: readonly string[];
  readonly externalAddresses: readonly string[];
  readonly loadBalancerAddresses: readonly string[];
  readonly ports: readonly ServicePort[];
}

export interface EndpointSliceFacts extends ObjectIdentity {
  readonly createdMs: number | undefined;
  /** Undefined where the slice stands for no Service. */
  readonly serviceName: string | undefined;
  readonly addresses: readonly string[];
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
  readonly labels: Labels | undefined;
}

/** A ReplicaSet or a Job: only by whom it is owned counts. */
export interface OwnedFacts extends ObjectIdentity {
  readonly owner: OwnerReference | undefined;
}

export interface LabelRequirement {
  readonly key: string;
  readonly operator: 'In' | 'NotIn' | 'Exists' | 'DoesNotExist';
  readonly values: readonly string[];
}

/** All of it must hold; without any requirement it selects everything. */
export interface LabelSelector {
  readonly matchLabels: Labels;
  readonly matchExpressions: readonly LabelRequirement[];
}

/** A peer is told by selectors or by a block. */
export interface PolicyPeer {
  readonly podSelector: LabelSelector | undefined;
  readonly namespaceSelector: LabelSelector | undefined;
  readonly ipBlock: { readonly cidr: string; readonly except: readonly string[] } | undefined;
}

export interface PolicyPort {
  readonly protocolNumber: number;
  /** By number or by name; undefined = all ports of the protocol. */
  readonly port: number | string | undefined;
  readonly endPort: number | undefined;
}

/** Empty lists match everything. */
export interface PolicyRule {
  readonly peers: readonly PolicyPeer[];
  readonly ports: readonly PolicyPort[];
}

/** A NetworkPolicy with its defaults filled in; no rules of a direction = nothing is allowed. */
export interface NetworkPolicyFacts extends ObjectIdentity {
  /** Whether all of it was understood; half a policy allows or denies something else than the whole. */
  readonly isWhole: boolean;
  readonly podSelector: LabelSelector;
  /** Undefined where it does not speak of that direction. */
  readonly ingress: readonly PolicyRule[] | undefined;
  readonly egress: readonly PolicyRule[] | undefined;
}
