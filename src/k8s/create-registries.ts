import type { CidrSet } from './cidr-set.ts';
import type { ClaimLimits } from './claim-index.ts';
import { EndpointRegistry } from './endpoint-registry.ts';
import { FactsRevision } from './facts-revision.ts';
import { NamespaceRegistry } from './namespace-registry.ts';
import { NodeRegistry } from './node-registry.ts';
import { OwnerRegistry } from './owner-registry.ts';
import { PodRegistry, type OnPodGone } from './pod-registry.ts';
import { PolicyChanges } from './policy-changes.ts';
import { PolicyEndpointRegistry } from './policy-endpoint-registry.ts';
import { PolicyRegistry } from './policy-registry.ts';
import { ServiceNames } from './service-names.ts';
import { ServiceRegistry } from './service-registry.ts';

/** All that is known of the cluster, by kind. */
export interface Registries {
  readonly pods: PodRegistry;
  readonly services: ServiceRegistry;
  readonly endpoints: EndpointRegistry;
  readonly nodes: NodeRegistry;
  readonly owners: OwnerRegistry;
  readonly namespaces: NamespaceRegistry;
  readonly policies: PolicyRegistry;
  readonly policyEndpoints: PolicyEndpointRegistry;
  readonly changes: PolicyChanges;
  readonly serviceNames: ServiceNames;
  readonly revision: FactsRevision;
}

/** @param clusterCidrs the cluster's blocks, to which nodes add those of their pods */
export function createRegistries(
  limits: ClaimLimits,
  clusterCidrs: CidrSet,
  onPodGone: OnPodGone | undefined,
): Registries {
  const revision = new FactsRevision();
  const changes = new PolicyChanges(limits.graceMs);
  const serviceNames = new ServiceNames();
  const owners = new OwnerRegistry(revision);
  const nodes = new NodeRegistry(limits, revision, clusterCidrs);
  return {
    pods: new PodRegistry(limits, revision, owners, nodes, changes, onPodGone),
    services: new ServiceRegistry(limits, serviceNames),
    endpoints: new EndpointRegistry(limits, serviceNames),
    nodes,
    owners,
    namespaces: new NamespaceRegistry(limits, changes),
    policies: new PolicyRegistry(limits, changes),
    policyEndpoints: new PolicyEndpointRegistry(),
    changes,
    serviceNames,
    revision,
  };
}
