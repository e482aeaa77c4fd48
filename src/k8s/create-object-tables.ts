import type { KubernetesKind } from '../model/kubernetes-counters.ts';
import type { Registries } from './create-registries.ts';
import { ObjectTable, toFullName } from './object-table.ts';
import type { Pod } from './pod-registry.ts';
import { trimEndpointSlice } from './trim-endpoint-slice.ts';
import { trimNamespace, trimOwned } from './trim-metadata.ts';
import { trimNetworkPolicy } from './trim-network-policy.ts';
import { trimNode } from './trim-node.ts';
import { trimPod } from './trim-pod.ts';
import { trimPolicyEndpoint } from './trim-policy-endpoint.ts';
import { trimService } from './trim-service.ts';

type AnyTable = Pick<ObjectTable<never, never>, 'apply' | 'beginReplace' | 'endReplace' | 'size'>;
export type ObjectTables = Readonly<Record<KubernetesKind, AnyTable>> & {
  readonly Pod: Pick<ObjectTable<never, Pod>, 'values'>;
};

/** A table for each kind, and who takes its objects in. */
export function createObjectTables({
  pods,
  services,
  endpoints,
  nodes,
  owners,
  namespaces,
  policies,
  policyEndpoints,
}: Registries): ObjectTables {
  return {
    // A StatefulSet's pod is followed by another of the same name.
    Pod: new ObjectTable(trimPod, pods, (facts) => facts.uid ?? toFullName(facts)),
    Service: new ObjectTable(trimService, services),
    EndpointSlice: new ObjectTable(trimEndpointSlice, endpoints),
    Node: new ObjectTable(trimNode, nodes),
    Namespace: new ObjectTable(trimNamespace, namespaces),
    NetworkPolicy: new ObjectTable(trimNetworkPolicy, policies),
    PolicyEndpoint: new ObjectTable(trimPolicyEndpoint, policyEndpoints),
    ReplicaSet: new ObjectTable(trimOwned, owners.of('ReplicaSet')),
    Job: new ObjectTable(trimOwned, owners.of('Job')),
  };
}
