import { toTransportName, IP_PROTOCOL } from '../model/ip-protocol.ts';
import type { MapEdge, MapService } from '../model/map-snapshot.ts';
import { CELL, CELLS_PER_EDGE, FINDING_CELL, VERDICT_CELL } from './edge-cells.ts';
import type { Edge } from './edge.ts';
import type { FailureReason } from './interval-cells.ts';
import type { Party } from './party.ts';

/** Most ports and Services that an edge of workloads tells. */
const PORT_LIMIT = 32;
const SERVICE_LIMIT = 16;

/** What one edge of a snapshot sums up: one edge of pods, or all between the pods of two workloads. */
export class EdgeSums {
  readonly source: Party;
  readonly destination: Party;
  readonly cells = new Float64Array(CELLS_PER_EDGE);
  readonly #protocolNumber: number;
  readonly #failures = new Map<FailureReason, number>();
  readonly #ports = new Set<number>();
  readonly #services = new Map<string, MapService>();
  #hasMorePorts = false;
  #hasMoreServices = false;
  #firstSeenMs = Infinity;
  #lastSeenMs = -Infinity;

  constructor(source: Party, destination: Party, protocolNumber: number) {
    this.source = source;
    this.destination = destination;
    this.#protocolNumber = protocolNumber;
  }

  /** Takes what an edge tells beside its cells, of an interval and later ones. */
  take({ ports, services, firstSeenMs, lastSeenMs }: Edge, interval: number): void {
    for (const port of ports.since(interval)) this.#ports.add(port);
    for (const { namespaceName, serviceName } of services.since(interval)) {
      this.#services.set(`${namespaceName}/${serviceName}`, { namespaceName, serviceName });
    }
    this.#hasMorePorts ||= ports.hasLostSince(interval);
    this.#hasMoreServices ||= services.hasLostSince(interval);
    this.#firstSeenMs = Math.min(this.#firstSeenMs, firstSeenMs);
    this.#lastSeenMs = Math.max(this.#lastSeenMs, lastSeenMs);
  }

  addFailures(reason: FailureReason, count: number): void {
    this.#failures.set(reason, (this.#failures.get(reason) ?? 0) + count);
  }

  /** Bytes of both directions. */
  byteCount(): number {
    return this.#cell('bytes') + this.#cell('reverseBytes');
  }

  toEdge(): MapEdge {
    const ports = [...this.#ports].toSorted((a, b) => a - b);
    const services = [...this.#services].toSorted(([a], [b]) => (a < b ? -1 : 1)).map(([, service]) => service);
    return {
      source: this.source.id,
      destination: this.destination.id,
      transport: toTransportName(this.#protocolNumber),
      destinationPorts: ports.slice(0, PORT_LIMIT),
      hasMorePorts: this.#hasMorePorts || ports.length > PORT_LIMIT,
      services: services.slice(0, SERVICE_LIMIT),
      hasMoreServices: this.#hasMoreServices || services.length > SERVICE_LIMIT,
      ...this.#toCounts(),
      ...this.#toQuality(),
      firstSeenMs: Math.round(this.#firstSeenMs),
      lastSeenMs: Math.round(this.#lastSeenMs),
    };
  }

  #toCounts() {
    return {
      bytes: this.#cell('bytes'),
      packets: this.#cell('packets'),
      reverseBytes: this.#cell('reverseBytes'),
      reversePackets: this.#cell('reversePackets'),
      connections: this.#cell('connections'),
      failures: Object.fromEntries([...this.#failures].toSorted(([a], [b]) => (a < b ? -1 : 1))),
      droppedPackets: this.#cell('droppedPackets'),
      verdicts: {
        forwarded: this.cells[VERDICT_CELL.forwarded]!,
        dropped: this.cells[VERDICT_CELL.dropped]!,
        rejected: this.cells[VERDICT_CELL.rejected]!,
        unknown: this.cells[VERDICT_CELL.unknown]!,
      },
      findings: {
        denied: this.cells[FINDING_CELL.denied]!,
        unexplained: this.cells[FINDING_CELL.unexplained]!,
        unexpectedly_allowed: this.cells[FINDING_CELL.unexpectedly_allowed]!,
      },
    };
  }

  #toQuality() {
    const isTcp = this.#protocolNumber === IP_PROTOCOL.tcp;
    const isJoined = this.#cell('joined') > 0;
    const roundTrips = this.#cell('roundTrips');
    return {
      retransmits: isTcp ? this.#cell('retransmits') : undefined,
      reverseRetransmits: isTcp ? this.#cell('reverseRetransmits') : undefined,
      lostPackets: isJoined ? this.#cell('lostPackets') : undefined,
      reverseLostPackets: isJoined ? this.#cell('reverseLostPackets') : undefined,
      roundTripNs: roundTrips > 0 ? Math.round(this.#cell('roundTripNs') / roundTrips) : undefined,
    };
  }

  #cell(name: keyof typeof CELL): number {
    return this.cells[CELL[name]]!;
  }
}
