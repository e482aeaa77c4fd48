import type { KubernetesKind } from '../model/kubernetes-counters.ts';
import type { Registries } from './create-registries.ts';
import { ObjectTable, toFullName } from './object-table.ts';
import { trimEndpointSlice } from './trim-endpoint-slice.ts';
import { trimNamespace, trimOwned } from './trim-metadata.ts';
import { trimNetworkPolicy } from './trim-network-policy.ts';
import { trimNode } from './trim-node.ts';
import { trimPod } from './trim-pod.ts';
import { trimService } from './trim-service.ts';

type AnyTable = Pick<ObjectTable<never, never>, 'apply' | 'beginReplace' | 'endReplace' | 'size'>;
export type ObjectTables = Readonly<Record<KubernetesKind, AnyTable>>;

/** A table for each kind, and who takes its objects in. */
export function createObjectTables({
  pods,
  services,
  endpoints,
  nodes,
  owners,
  namespaces,
  policies,
}: Registries): ObjectTables {
  return {
    // A StatefulSet's pod is followed by another of the same name.
    Pod: new ObjectTable(trimPod, pods, (facts) => facts.uid ?? toFullName(facts)),
    Service: new ObjectTable(trimService, services),
    EndpointSlice: new ObjectTable(trimEndpointSlice, endpoints),
    Node: new ObjectTable(trimNode, nodes),
    Namespace: new ObjectTable(trimNamespace, namespaces),
    NetworkPolicy: new ObjectTable(trimNetworkPolicy, policies),
    ReplicaSet: new ObjectTable(trimOwned, owners.of('ReplicaSet')),
    Job: new ObjectTable(trimOwned, owners.of('Job')),
  };
}
