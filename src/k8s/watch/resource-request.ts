import type { WatchedResource } from './watched-resources.ts';

/** A GET of the API server, below its base path. */
export interface ResourceRequest {
  readonly path: string;
  readonly accept: string;
}

const JSON_TYPE = 'application/json';

/**
 * One page of a list. No `resourceVersion` is asked for, unlike client-go's first list with `resourceVersion=0`: that
 * one is answered from the watch cache, which does not honour `limit`, so 100,000 pods would come in one body of
 * several hundred megabytes; and it may be older than what is known already. Without it every page is bounded and the
 * list is the newest state. What it costs the API server (a consistent read) matters little: few replicas ask, and
 * servers from 1.31 on answer it from their cache.
 *
 * @param continueToken of the page before; empty for the first
 */
export function toListRequest(resource: WatchedResource, limit: number, continueToken: string): ResourceRequest {
  const query = new URLSearchParams({ limit: String(limit) });
  if (continueToken !== '') query.set('continue', continueToken);
  return { path: `${toPath(resource)}?${query.toString()}`, accept: toAccept(resource, 'PartialObjectMetadataList') };
}

/** A watch of what happens after `resourceVersion`, ended by the server after `timeoutS` seconds. */
export function toWatchRequest(resource: WatchedResource, resourceVersion: string, timeoutS: number): ResourceRequest {
  const query = new URLSearchParams({
    watch: 'true',
    resourceVersion,
    allowWatchBookmarks: 'true',
    timeoutSeconds: String(timeoutS),
  });
  return { path: `${toPath(resource)}?${query.toString()}`, accept: toAccept(resource, 'PartialObjectMetadata') };
}

function toPath({ group, version, resource }: WatchedResource): string {
  return group === '' ? `/api/${version}/${resource}` : `/apis/${group}/${version}/${resource}`;
}

/** A server that cannot leave spec and status out may send whole objects. */
function toAccept({ isMetadataOnly }: WatchedResource, as: string): string {
  return isMetadataOnly ? `${JSON_TYPE};as=${as};g=meta.k8s.io;v=v1,${JSON_TYPE}` : JSON_TYPE;
}
