import type { ApiStore, Render } from '../../support/kubernetes-api/api-store.ts';
import {
  bulkEndpointSlice,
  bulkNode,
  bulkPod,
  bulkPodAddress,
  bulkReplicaSet,
  bulkService,
  type ClusterSize,
} from './bulk-cluster.ts';

const PODS_A_REPLICA_SET = 10;

/** Puts the large cluster into a store; the text of each object is made when it is asked for. */
export function fillCluster(store: ApiStore, { pods, services, nodes }: ClusterSize): void {
  for (let i = 0; i < nodes; i++)
    store.putRendered(
      'Node',
      `${i}`,
      withRevision(() => bulkNode(i)),
    );
  for (let i = 0; i < pods / PODS_A_REPLICA_SET; i++)
    store.putRendered(
      'ReplicaSet',
      `${i}`,
      withRevision(() => bulkReplicaSet(i)),
    );
  for (let i = 0; i < services; i++) {
    store.putRendered(
      'Service',
      `${i}`,
      withRevision(() => bulkService(i)),
    );
    store.putRendered(
      'EndpointSlice',
      `${i}`,
      withRevision(() => bulkEndpointSlice(i)),
    );
  }
  for (let i = 0; i < pods; i++) putPod(store, pods, i, 0);
}

/**
 * Changes pods as a cluster does: the `turn`-th change of a stream that never ends. Of four changes two are of status,
 * one ends a pod, one begins the pod that takes its place, with another name and address.
 */
export function changeCluster(store: ApiStore, turn: number, { pods }: ClusterSize): void {
  const place = Math.floor(turn / 4) % pods;
  const generation = Math.floor(turn / 4 / pods);
  if (turn % 4 < 2) putPod(store, pods, place, generation);
  else if (turn % 4 === 2) store.remove('Pod', toKey(place, generation));
  else putPod(store, pods, place, generation + 1);
}

function putPod(store: ApiStore, pods: number, place: number, generation: number): void {
  const address = bulkPodAddress(place + (generation % 2) * pods);
  store.putRendered(
    'Pod',
    toKey(place, generation),
    withRevision(() => bulkPod(place, generation, address)),
  );
}

function toKey(place: number, generation: number): string {
  return `${place}-${generation}`;
}

const OWN_REVISION = /"resourceVersion":"\d+",/;

function withRevision(toJson: () => string): Render {
  return (revision) => {
    const text = toJson().replace(OWN_REVISION, '');
    return text.replace('"metadata":{', `"metadata":{"resourceVersion":"${revision}",`);
  };
}
