/** What NetworkPolicies (networking.k8s.io/v1) say, trimmed to what judgements are made of. */

export type Labels = Readonly<Record<string, string>>;

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

export interface IpBlock {
  readonly cidr: string;
  readonly except: readonly string[];
}

/** A peer is told by selectors or by a block. */
export interface PolicyPeer {
  readonly podSelector: LabelSelector | undefined;
  readonly namespaceSelector: LabelSelector | undefined;
  readonly ipBlock: IpBlock | undefined;
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

export type PolicyDirection = 'ingress' | 'egress';

/**
 * A NetworkPolicy with its defaults filled in; no rules of a direction = nothing is allowed. It never changes: a policy
 * that was edited is another object.
 */
export interface NetworkPolicyFacts {
  readonly namespaceName: string;
  readonly name: string;
  /** Whether all of it was understood; half a policy allows or denies something else than the whole. */
  readonly isWhole: boolean;
  /** The first field that was not understood, such as `spec.ingress[0].from[1].ipBlock.cidr`. */
  readonly fault?: string | undefined;
  readonly podSelector: LabelSelector;
  /** Undefined where it does not speak of that direction. */
  readonly ingress: readonly PolicyRule[] | undefined;
  readonly egress: readonly PolicyRule[] | undefined;
}

/** A rule of a PolicyEndpoint: one block and the ports it opens; no ports = all. */
export interface ResolvedRule {
  /** Undefined where the rule is by domain name, which no address tells. */
  readonly ipBlock: IpBlock | undefined;
  readonly ports: readonly PolicyPort[];
}

/**
 * A `PolicyEndpoint` (networking.k8s.aws/v1alpha1): what the AWS network policy controller resolved a policy's selectors
 * to. A large policy has several.
 */
export interface PolicyEndpointFacts {
  readonly namespaceName: string;
  readonly name: string;
  readonly isWhole: boolean;
  /** `spec.policyRef` */
  readonly policyNamespaceName: string;
  readonly policyName: string;
  /** `spec.podIsolation`, lower case. */
  readonly isolated: readonly PolicyDirection[];
  /** `spec.podSelectorEndpoints[].podIP` and the pods' names. */
  readonly pods: readonly { readonly address: string; readonly namespaceName: string; readonly name: string }[];
  readonly ingress: readonly ResolvedRule[];
  readonly egress: readonly ResolvedRule[];
}

/**
 * The policies of a cluster, as of any moment that is remembered. What it gives stays the same object until it changes,
 * so that judgements can be kept by it.
 */
export interface PolicyCatalogue {
  /** Whether it is known which policies there are: the API server has listed them, or a file has some. */
  readonly isKnown: boolean;
  /** Grows with every change of a policy, of a namespace's labels, or of a living pod's labels. */
  readonly revision: number;
  /** When the newest of these changes was told, milliseconds since the Unix epoch; -Infinity where nothing changed yet. */
  readonly changedMs: number;
  /** When what bears on this namespace's pods last changed: its policies, its living pods' labels, any namespace's labels. */
  namespaceChangedMs(namespaceName: string): number;
  /** @param timeMs milliseconds since the Unix epoch; Infinity = as they are now */
  policies(namespaceName: string, timeMs: number): readonly NetworkPolicyFacts[];
  /** Labels of a namespace, `kubernetes.io/metadata.name` among them; undefined where the namespace is not known. */
  namespaceLabels(namespaceName: string, timeMs: number): Labels | undefined;
  /** What a controller resolved the policies of this namespace to, as it is now. */
  policyEndpoints(namespaceName: string): readonly PolicyEndpointFacts[];
}
