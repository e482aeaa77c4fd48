import type { FlowRecord } from '../model/flow-record.ts';
import type { Resource } from '../model/resource.ts';

export type Perspective = 'client' | 'server';

/**
 * At which end a record was observed: the initiator's direction seen from the pod tells it. Where that is unknown it
 * is the server's if the observer's pod has the destination's address, else the client's.
 */
export function toPerspective({ direction, destinationAddress }: FlowRecord, observer: Resource): Perspective {
  if (direction === 'egress') return 'client';
  if (direction === 'ingress') return 'server';
  return observer.get('k8s.pod.ip') === destinationAddress ? 'server' : 'client';
}
