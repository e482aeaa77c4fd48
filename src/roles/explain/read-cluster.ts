import { readObjects } from '../../k8s/read-objects.ts';
import { PodflowError } from '../../lib/podflow-error.ts';
import type { Cluster } from './cluster.ts';
import { createCluster } from './name-index-cluster.ts';

/** The cluster that objects make up, or which of them cannot be used and why. */
export function readCluster(objects: unknown): { readonly cluster: Cluster } | { readonly problem: string } {
  if (objects === undefined || objects === null) return { problem: 'objects is missing' };
  try {
    return { cluster: createCluster(readObjects(objects, { path: 'objects' }).index) };
  } catch (error) {
    if (error instanceof PodflowError) return { problem: error.message };
    throw error;
  }
}
