import type { Connection } from '../model/connection.ts';
import type { DeniedEnd, DeniedPair, FailureFinding } from '../model/denied-pairs.ts';
import type { NamedEnd } from '../model/named-end.ts';
import { WindowedSums } from './windowed-sums.ts';

/** One pair that is kept: what its connections have in common, and their sums. */
export class DeniedPairEntry {
  readonly sums = new WindowedSums();
  /** The newest slot in which it was met. */
  newestSlot = -Infinity;
  readonly isOutside: boolean;
  readonly #facts: Omit<DeniedPair, 'why' | 'connections' | 'packets' | 'firstSeenMs' | 'lastSeenMs'>;
  #why: string | undefined;
  #firstSeenMs = Infinity;
  #lastSeenMs = -Infinity;

  /** @param isOutside whether it tells single addresses apart */
  constructor(connection: Connection, isOutside: boolean) {
    const { judgement, service, finding } = connection;
    const policy = finding === 'denied' ? judgement?.policy : undefined;
    this.isOutside = isOutside;
    this.#facts = {
      source: toDeniedEnd(connection.source, isOutside),
      destination: toDeniedEnd(connection.destination, isOutside),
      serviceNamespaceName: service?.namespaceName,
      serviceName: service?.serviceName,
      transport: connection.record.transport,
      destinationPort: connection.destinationPort,
      verdict: connection.verdict,
      reason: connection.dropReason,
      finding,
      policyNamespaceName: policy?.namespaceName,
      policyName: policy?.name,
      policyDirection: policy && judgement?.deciding?.direction,
    };
  }

  get finding(): FailureFinding {
    const { finding } = this.#facts;
    return finding === 'denied' || finding === 'unexplained' ? finding : 'none';
  }

  isWithin(namespace: string): boolean {
    const { source, destination } = this.#facts;
    return source.namespaceName === namespace || destination.namespaceName === namespace;
  }

  note({ record, judgement, finding }: Connection, slot: number, connections: number, packets: number): void {
    this.sums.add(slot, connections, packets);
    this.newestSlot = Math.max(this.newestSlot, slot);
    this.#firstSeenMs = Math.min(this.#firstSeenMs, record.startNs / 1e6);
    const endMs = record.endNs / 1e6;
    if (endMs < this.#lastSeenMs) return;
    this.#lastSeenMs = endMs;
    this.#why = finding === 'denied' ? judgement?.why : undefined;
  }

  /** The pair as it is in the slots from one on. */
  toPair(slot: number): DeniedPair {
    const [firstSeenMs, lastSeenMs] = [Math.floor(this.#firstSeenMs), Math.floor(this.#lastSeenMs)];
    return { ...this.#facts, why: this.#why, ...this.sums.since(slot), firstSeenMs, lastSeenMs };
  }
}

/** Whether an end has no name, only its address. */
export function isNameless({ kind }: NamedEnd): boolean {
  return kind === 'external' || kind === 'unknown';
}

function toDeniedEnd(end: NamedEnd, hasAddress: boolean): DeniedEnd {
  const { kind } = end;
  const isPod = kind === 'pod';
  return {
    kind,
    namespaceName: isPod || kind === 'service' ? end.namespaceName : undefined,
    workloadKind: isPod ? (end.workloadKind ?? 'Pod') : undefined,
    workloadName: isPod ? (end.workloadName ?? end.podName) : undefined,
    serviceName: kind === 'service' ? end.serviceName : undefined,
    nodeName: kind === 'node' || kind === 'ambiguous' ? end.nodeName : undefined,
    address: hasAddress && isNameless(end) ? end.address : undefined,
  };
}
