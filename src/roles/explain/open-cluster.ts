import { setTimeout as delay } from 'node:timers/promises';
import type { ExplainSettings } from '../../config/settings.ts';
import type { UnusableObject } from '../../k8s/name-index.ts';
import { createDeadline } from '../../lib/deadline.ts';
import { PodflowError } from '../../lib/podflow-error.ts';
import type { KubernetesKind } from '../../model/kubernetes-counters.ts';
import type { RoleContext } from '../../model/role-context.ts';
import { startNames, type EnrichNames } from '../enrich/enrich-names.ts';
import { UnusableLog } from '../enrich/unusable-log.ts';
import type { Cluster } from './cluster.ts';
import { createCluster } from './name-index-cluster.ts';

export interface OpenCluster {
  readonly cluster: Cluster;
  /** What is not known of it. */
  readonly notes: readonly string[];
  readonly close: () => Promise<void>;
}

const POLL_MS = 20;
const CLOSE_MS = 1_000;

/** What goes wrong in an answer without these. */
const LACKS: Readonly<Partial<Record<KubernetesKind, string>>> = {
  Namespace: 'labels of namespaces are not known, so that selectors of them cannot be judged',
  EndpointSlice: 'backends of Services are told by their selectors',
  ReplicaSet: 'pods of a Deployment are told by their ReplicaSet',
};

const NO_POLICY = 'there is no NetworkPolicy among the objects: without any, everything is allowed';

/**
 * The cluster as a file of objects or the API server tells it now.
 * @throws PodflowError OBJECTS_FILE_INVALID, KUBERNETES_CONFIG_INVALID, OBJECTS_NOT_LISTED
 */
export async function openCluster(
  settings: ExplainSettings,
  { log, signal }: Pick<RoleContext, 'log' | 'signal'>,
): Promise<OpenCluster> {
  const { clusterCidrs = [], listTimeoutMs } = settings;
  const ending = new AbortController();
  const source = { ...settings, kubernetesSource: 'api' } as const;
  const unusable = new UnusableLog(log);
  // An answer tells of policies in its notes.
  const onUnusable = (object: UnusableObject): void =>
    object.kind === 'NetworkPolicy' ? undefined : unusable.tell(object);
  const names = await startNames(source, { clusterCidrs, onUnusable }, log, ending.signal);
  const close = async (): Promise<void> => {
    ending.abort();
    await names.stop(createDeadline(CLOSE_MS));
  };
  try {
    await untilListed(names, listTimeoutMs, signal);
    return { cluster: createCluster(names.index), notes: toNotes(names), close };
  } catch (error) {
    await close();
    throw error;
  }
}

/** Without the policies nothing could be said to be allowed. */
async function untilListed(names: EnrichNames, timeoutMs: number, signal: AbortSignal): Promise<void> {
  const deadline = createDeadline(timeoutMs);
  const isListed = (): boolean => names.isReady() && !findUnlisted(names).includes('NetworkPolicy');
  while (!isListed()) {
    const isVain = signal.aborted || deadline.remainingMs() === 0 || isForbidden(names);
    if (isVain) throw toNotListed(names, timeoutMs);
    await delay(POLL_MS);
  }
}

/** What is not permitted now is not waited for. */
function isForbidden({ isReady, kindCounters }: EnrichNames): boolean {
  return (
    isReady() && kindCounters?.().some(({ kind, isPermitted }) => kind === 'NetworkPolicy' && !isPermitted) === true
  );
}

function toNotListed(names: EnrichNames, timeoutMs: number): PodflowError {
  return new PodflowError('OBJECTS_NOT_LISTED', { kinds: findUnlisted(names).join(', '), timeoutMs });
}

function findUnlisted({ kindCounters }: EnrichNames): KubernetesKind[] {
  return (kindCounters?.() ?? []).filter(({ isListed }) => !isListed).map(({ kind }) => kind);
}

function toNotes(names: EnrichNames): string[] {
  const unlisted = findUnlisted(names).flatMap((kind) => {
    const lack = LACKS[kind];
    return lack === undefined ? [] : [`${kind} objects could not be listed: ${lack}`];
  });
  return names.index.policies.isKnown ? unlisted : [...unlisted, NO_POLICY];
}
