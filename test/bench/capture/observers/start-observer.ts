import type { TestStand } from '../test-stand.ts';
import type { Observer, ObserverName } from './observer.ts';
import { PodflowObserver } from './podflow-observer.ts';
import { SoftflowdObserver } from './softflowd-observer.ts';

/** Starts an observer on the stand's observed interface; resolves when it observes. */
export async function startObserver(stand: TestStand, name: Exclude<ObserverName, 'none'>): Promise<Observer> {
  const { network, receiver, teardown, intervalMs } = stand;
  if (name === 'softflowd') return SoftflowdObserver.start(network, teardown);
  return PodflowObserver.start(network, receiver, { backend: name, intervalMs });
}
