import { KubernetesApi } from '../../support/kubernetes-api/kubernetes-api.ts';
import type { ClusterSize } from './bulk-cluster.ts';
import { changeCluster, fillCluster } from './served-cluster.ts';

/**
 * The stand-in API server as a process of its own, started with an IPC channel: `node api-process.ts SIZE` (JSON). Tells
 * its URL; then makes as many pod changes a second as it is told.
 */
const TICK_MS = 50;
const BOOKMARK_MS = 60_000;

const size = JSON.parse(process.argv[2] ?? '') as ClusterSize;
const api = await KubernetesApi.start({ host: '127.0.0.1', bookmarkMs: BOOKMARK_MS });
fillCluster(api.store, size);
const [pod] = api.store.list('Pod');
process.send?.({ url: api.url, podBytes: pod?.toJson().length ?? 0 });

let changesPerSecond = 0;
let sinceMs = performance.now();
let made = 0;
let turn = 0;
setInterval(() => {
  const due = ((performance.now() - sinceMs) / 1000) * changesPerSecond;
  for (; made < due; made++) changeCluster(api.store, turn++, size);
}, TICK_MS);
process.on('message', (message) => {
  changesPerSecond = Number(message);
  sinceMs = performance.now();
  made = 0;
});
process.on('disconnect', () => process.exit(0));
