import { toDropPackets } from '../lib/drop-packets.ts';
import { FailedConnections } from '../lib/failed-connections.ts';
import type { ConnectionSink } from '../model/connection-output.ts';
import type { Connection } from '../model/connection.ts';
import type { DeniedList, DeniedPair, DeniedQuery, DeniedSource } from '../model/denied-pairs.ts';
import type { NamedEnd } from '../model/named-end.ts';
import { DeniedPairEntry, isNameless } from './denied-pair-entry.ts';
import { WINDOW_SLOTS, WindowedSums } from './windowed-sums.ts';

export interface DeniedPairsOptions {
  /** How far it looks back, default 5 min. */
  readonly windowMs?: number;
  /** Pairs told apart, default 2,000; a quarter of them at most are of single addresses outside the cluster. */
  readonly pairLimit?: number;
  /** Milliseconds since the Unix epoch; a replay gives the time of its packets. */
  readonly nowMs?: () => number;
}

/** Failing connections remembered so that each counts once. */
const FAILED_CONNECTION_LIMIT = 16_384;

/**
 * Which connections failed lately, summed by workloads, Service, port, reason and policy. Bounded: addresses that find
 * no room count as their kind, and pairs that find none as overflow.
 */
export class DeniedPairs implements ConnectionSink, DeniedSource {
  readonly #slotMs: number;
  readonly #limit: number;
  readonly #nowMs: () => number;
  readonly #pairs = new Map<string, DeniedPairEntry>();
  readonly #overflow = new WindowedSums();
  readonly #failed = new FailedConnections(FAILED_CONNECTION_LIMIT);
  #outsideCount = 0;
  #newestSlot = -Infinity;

  constructor({ windowMs = 300_000, pairLimit = 2_000, nowMs = () => Date.now() }: DeniedPairsOptions = {}) {
    // The slot of now is not over, and is one more.
    this.#slotMs = windowMs / (WINDOW_SLOTS - 1);
    this.#limit = pairLimit;
    this.#nowMs = nowMs;
  }

  accept(batch: readonly Connection[]): void {
    this.#move();
    for (const connection of batch) {
      const isNew = this.#failed.isNew(connection);
      if (isFailed(connection)) this.#add(connection, isNew ? 1 : 0);
    }
  }

  list({ namespace, findings, limit }: DeniedQuery): DeniedList {
    this.#move();
    const pairs: DeniedPair[] = [];
    for (const entry of this.#pairs.values()) {
      if (namespace !== undefined && !entry.isWithin(namespace)) continue;
      if (findings === undefined || findings.has(entry.finding)) pairs.push(entry.toPair(this.#oldestSlot));
    }
    const chosen = pairs.toSorted(compareFrequency).slice(0, limit);
    return {
      fromMs: Math.floor(this.#oldestSlot * this.#slotMs),
      toMs: this.#nowMs(),
      pairs: chosen,
      omittedPairs: pairs.length - chosen.length,
      overflowConnections: this.#overflow.since(this.#oldestSlot).connections,
    };
  }

  get #oldestSlot(): number {
    return this.#newestSlot - WINDOW_SLOTS + 1;
  }

  #move(): void {
    const slot = Math.floor(this.#nowMs() / this.#slotMs);
    if (slot === this.#newestSlot) return;
    this.#newestSlot = slot;
    for (const [key, entry] of this.#pairs) {
      if (entry.newestSlot >= this.#oldestSlot) continue;
      this.#pairs.delete(key);
      if (entry.isOutside) this.#outsideCount--;
    }
  }

  #add(connection: Connection, connections: number): void {
    // An observer's clock may be ahead.
    const slot = Math.min(Math.floor(connection.intervalStartMs / this.#slotMs), this.#newestSlot);
    if (slot < this.#oldestSlot) return;
    const packets = toDropPackets(connection) ?? 0;
    const entry = this.#resolve(connection);
    if (entry === undefined) this.#overflow.add(slot, connections, packets);
    else entry.note(connection, slot, connections, packets);
  }

  #resolve(connection: Connection): DeniedPairEntry | undefined {
    const { source, destination } = connection;
    if (!isNameless(source) && !isNameless(destination)) return this.#recall(connection, false);
    const key = toKey(connection, true);
    const hasRoom = this.#pairs.has(key) || this.#outsideCount < this.#limit / 4;
    return this.#recall(connection, hasRoom);
  }

  #recall(connection: Connection, isOutside: boolean): DeniedPairEntry | undefined {
    const key = toKey(connection, isOutside);
    const known = this.#pairs.get(key);
    if (known !== undefined || this.#pairs.size >= this.#limit) return known;
    const entry = new DeniedPairEntry(connection, isOutside);
    this.#pairs.set(key, entry);
    if (isOutside) this.#outsideCount++;
    return entry;
  }
}

function isFailed({ verdict, finding }: Connection): boolean {
  return verdict === 'dropped' || verdict === 'rejected' || finding === 'denied';
}

function toKey(connection: Connection, isOutside: boolean): string {
  const { source, destination, service, destinationPort, verdict, dropReason, finding, judgement } = connection;
  const policy = finding === 'denied' ? judgement?.policy : undefined;
  return [
    toEndKey(source, isOutside),
    toEndKey(destination, isOutside),
    service === undefined ? '' : `${service.namespaceName}/${service.serviceName}`,
    connection.record.protocolNumber,
    destinationPort,
    verdict,
    dropReason,
    finding,
    policy === undefined ? '' : `${policy.namespaceName}/${policy.name} ${judgement?.deciding?.direction}`,
  ].join(' ');
}

function toEndKey(end: NamedEnd, hasAddress: boolean): string {
  if (end.kind === 'pod') return `${end.namespaceName}/${end.workloadKind}/${end.workloadName ?? end.podName}`;
  if (end.kind === 'service') return `service/${end.namespaceName}/${end.serviceName}`;
  if (!isNameless(end)) return `${end.kind}/${end.nodeName}`;
  return hasAddress ? `${end.kind}/${end.address}` : end.kind;
}

function compareFrequency(a: DeniedPair, b: DeniedPair): number {
  return b.connections - a.connections || b.packets - a.packets || b.lastSeenMs - a.lastSeenMs;
}
