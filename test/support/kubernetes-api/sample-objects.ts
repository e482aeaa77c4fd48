import type { KubernetesKind } from '../../../src/model/kubernetes-counters.ts';
import type { ApiObject, ApiStore } from './api-store.ts';

/** Small objects of each kind, the `index`-th of its name. */
export function createObject(kind: KubernetesKind, index: number, note = ''): ApiObject {
  const namespace = `team-${index % 3}`;
  const metadata = { name: `${kind.toLowerCase()}-${index}`, namespace, labels: { app: `app-${index}`, note } };
  switch (kind) {
    case 'Pod':
      return {
        metadata,
        spec: { nodeName: `node-${index % 2}`, containers: [{ name: 'main' }] },
        status: { phase: 'Running', podIP: `10.1.${index >> 8}.${index & 255}` },
      };
    case 'Service':
      return { metadata, spec: { clusterIP: `10.96.0.${index & 255}`, ports: [{ port: 80, protocol: 'TCP' }] } };
    case 'Node':
    case 'Namespace':
      return { metadata: { name: metadata.name, labels: metadata.labels }, spec: {}, status: {} };
    default:
      return { metadata: { ...metadata, ownerReferences: [{ kind: 'Deployment', name: 'web' }] }, spec: { note } };
  }
}

/** Puts `count` objects of each kind into the store. */
export function fillStore(store: ApiStore, kinds: readonly KubernetesKind[], count: number): void {
  for (const kind of kinds) for (let index = 0; index < count; index++) store.put(kind, createObject(kind, index));
}
