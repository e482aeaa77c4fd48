import { setImmediate } from 'node:timers/promises';
import type { EnrichSettings } from '../../config/settings.ts';
import { readObjectsFile } from '../../k8s/objects-file.ts';
import { NameIndex, type NameIndexOptions } from '../../k8s/name-index.ts';
import type { KubernetesKindCounters } from '../../model/kubernetes-counters.ts';
import type { Log } from '../../model/log.ts';
import type { Deadline } from '../../model/stage.ts';
import { UnusableLog } from './unusable-log.ts';

/** Where names come from, and how far they have come. */
export interface EnrichNames {
  readonly index: NameIndex;
  /** Whether names can be told: the first lists are in. */
  readonly isReady: () => boolean;
  /** Undefined where no API server is watched. */
  readonly kindCounters: (() => readonly KubernetesKindCounters[]) | undefined;
  readonly newestEventAgeMs: (() => number | undefined) | undefined;
  readonly stop: (deadline: Deadline) => Promise<void>;
}

/** Where names are to come from. */
export type NamesSettings = Partial<Pick<EnrichSettings, 'objectsFile' | 'kubeconfigPath' | 'kubeContext'>> &
  Pick<EnrichSettings, 'kubernetesSource'>;

/**
 * Begins to learn names, from a file or the API server; does not wait for the server, which may be away for long.
 * @throws PodflowError OBJECTS_FILE_INVALID; KUBERNETES_CONFIG_INVALID when the configuration leads to no cluster
 */
export async function startNames(
  settings: NamesSettings,
  options: NameIndexOptions,
  log: Log,
  signal: AbortSignal,
): Promise<EnrichNames> {
  const { objectsFile: path } = settings;
  if (path !== undefined) {
    const { index, objects, passedOver } = await readObjectsFile({ ...options, path });
    log.info({ path, objects, passedOver }, 'Kubernetes objects were read from a file');
    return toFixedNames(index);
  }
  const unusable = new UnusableLog(log);
  const index = new NameIndex({ onUnusable: (object) => unusable.tell(object), ...options });
  if (settings.kubernetesSource === 'off') return toFixedNames(index);
  const { kubeconfigPath, kubeContext: context } = settings;
  // The Kubernetes client takes 36 MiB, which a service that reads a file does without.
  const { KubernetesWatcher } = await import('../../k8s/watch/kubernetes-watcher.ts');
  const watcher = new KubernetesWatcher({ kubeconfigPath, context, feed: index, log });
  // A configuration that leads nowhere is refused at once; a server that is away is waited for.
  await Promise.race([watcher.start(signal), setImmediate()]);
  return {
    index,
    isReady: () => watcher.isListed,
    kindCounters: () => watcher.counters(),
    newestEventAgeMs: () => watcher.newestEventAgeMs,
    stop: (deadline) => watcher.stop(deadline),
  };
}

function toFixedNames(index: NameIndex): EnrichNames {
  return {
    index,
    isReady: () => true,
    kindCounters: undefined,
    newestEventAgeMs: undefined,
    stop: () => Promise.resolve(),
  };
}
