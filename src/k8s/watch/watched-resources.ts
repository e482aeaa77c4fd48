import type { KubernetesKind } from '../../model/kubernetes-counters.ts';

/** Where the API server serves a kind, and what podflow asks of it. */
export interface WatchedResource {
  readonly kind: KubernetesKind;
  /** Empty for the core group. */
  readonly group: string;
  readonly version: string;
  /** Plural, as in paths and in RBAC rules. */
  readonly resource: string;
  /** Whether names and owners are all that is wanted, so that the API server leaves spec and status out. */
  readonly isMetadataOnly: boolean;
  /** Whether nothing can be named without it. */
  readonly isRequired: boolean;
  /** Whether it is of an add-on that most clusters do not have, so that its absence is no trouble. */
  readonly isOfAddOn?: true;
}

export const WATCHED_RESOURCES: readonly WatchedResource[] = [
  { kind: 'Pod', group: '', version: 'v1', resource: 'pods', isMetadataOnly: false, isRequired: true },
  { kind: 'Service', group: '', version: 'v1', resource: 'services', isMetadataOnly: false, isRequired: true },
  { kind: 'Node', group: '', version: 'v1', resource: 'nodes', isMetadataOnly: false, isRequired: true },
  { kind: 'Namespace', group: '', version: 'v1', resource: 'namespaces', isMetadataOnly: false, isRequired: false },
  {
    kind: 'EndpointSlice',
    group: 'discovery.k8s.io',
    version: 'v1',
    resource: 'endpointslices',
    isMetadataOnly: false,
    isRequired: false,
  },
  {
    kind: 'NetworkPolicy',
    group: 'networking.k8s.io',
    version: 'v1',
    resource: 'networkpolicies',
    isMetadataOnly: false,
    isRequired: false,
  },
  {
    kind: 'PolicyEndpoint',
    group: 'networking.k8s.aws',
    version: 'v1alpha1',
    resource: 'policyendpoints',
    isMetadataOnly: false,
    isRequired: false,
    isOfAddOn: true,
  },
  {
    kind: 'ReplicaSet',
    group: 'apps',
    version: 'v1',
    resource: 'replicasets',
    isMetadataOnly: true,
    isRequired: false,
  },
  { kind: 'Job', group: 'batch', version: 'v1', resource: 'jobs', isMetadataOnly: true, isRequired: false },
];
