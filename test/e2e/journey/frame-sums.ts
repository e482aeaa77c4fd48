import { numberOf, textOf, timeMsOf, type FlowDocument } from './flow-document.ts';
import type { ShopPod } from './shop.ts';
import type { ClientRun } from './traffic.ts';

export interface FrameSums {
  readonly byteCount: number;
  readonly packetCount: number;
}

/** A frame that asks or answers for a link-layer address (RFC 826): it is no IP packet, and in no document. */
const ARP_BYTES = 42;
/** A TCP segment without data, with time stamps: so a probe's connection to its node is kept alive, once a second. */
const KEEP_ALIVE_BYTES = 66;

/**
 * The frames that an interface counted more than documents tell, as their number and bytes together say what they are;
 * fractions where they are something else.
 */
export function toRest(counted: FrameSums, told: FrameSums): { arpFrames: number; keepAliveFrames: number } {
  const frames = counted.packetCount - told.packetCount;
  const bytes = counted.byteCount - told.byteCount;
  const keepAliveFrames = (bytes - frames * ARP_BYTES) / (KEEP_ALIVE_BYTES - ARP_BYTES);
  return { arpFrames: frames - keepAliveFrames, keepAliveFrames };
}

/**
 * What documents of the intervals that ended after `fromMs` and until `toMs` tell of all frames on a pod's interface:
 * its own counts, whether it was client or server.
 */
export function sumFrames(documents: readonly FlowDocument[], pod: ShopPod, fromMs: number, toMs: number): FrameSums {
  let byteCount = 0;
  let packetCount = 0;
  for (const document of documents) {
    const timeMs = timeMsOf(document);
    const names = timeMs <= fromMs || timeMs > toMs ? undefined : chooseCounters(document, pod);
    for (const name of names ?? []) {
      byteCount += numberOf(document, name.replace('*', 'bytes'));
      packetCount += numberOf(document, name.replace('*', 'packets'));
    }
  }
  return { byteCount, packetCount };
}

const OWN = ['source.*', 'destination.*'];
const SERVERS = ['podflow.server.*', 'podflow.server.reverse_*'];

/** The fields with what was counted at the pod; undefined where it had no part in the connection. */
function chooseCounters(document: FlowDocument, pod: ShopPod): readonly string[] | undefined {
  const perspectives = textOf(document, 'podflow.perspectives');
  if (textOf(document, 'source.kubernetes.pod.name') === pod.name) return perspectives === 'server' ? undefined : OWN;
  if (textOf(document, 'destination.kubernetes.pod.name') === pod.name)
    return perspectives === 'both' ? SERVERS : perspectives === 'server' ? OWN : undefined;
  // What the pod says under an address that is not its own: it asks for routers from a link-local one.
  return textOf(document, 'orchestrator.resource.id') === pod.uid ? OWN : undefined;
}

/** What the client's interface counted between its two quiet readings. */
export function toCounted({ readings }: ClientRun): FrameSums {
  const [first, last] = [readings[0], readings.at(-1)];
  return {
    byteCount: (last?.byteCount ?? NaN) - (first?.byteCount ?? NaN),
    packetCount: (last?.packetCount ?? NaN) - (first?.packetCount ?? NaN),
  };
}
