import type { Connection } from '../model/connection.ts';
import type { NamedService } from '../model/named-end.ts';
import type { Party } from './party.ts';
import { RecentValues } from './recent-values.ts';

const PORT_LIMIT = 16;
const SERVICE_LIMIT = 8;

/** All connections of one protocol from one party to another, while there are any within the window. */
export class Edge {
  readonly index: number;
  readonly source: Party;
  readonly destination: Party;
  readonly protocolNumber: number;
  readonly ports = new RecentValues<number>(PORT_LIMIT);
  readonly services = new RecentValues<NamedService>(SERVICE_LIMIT);
  /** The newest interval with a connection, as a number of intervals since the Unix epoch. */
  newestInterval = -Infinity;
  /** First and last packet, milliseconds since the Unix epoch. */
  firstSeenMs = Infinity;
  lastSeenMs = -Infinity;

  constructor(index: number, source: Party, destination: Party, protocolNumber: number) {
    this.index = index;
    this.source = source;
    this.destination = destination;
    this.protocolNumber = protocolNumber;
  }

  /** Takes what is not summed of a connection in an interval. */
  note({ record, destinationPort, service }: Connection, interval: number): void {
    if (interval > this.newestInterval) this.newestInterval = interval;
    const startMs = record.startNs / 1e6;
    const endMs = record.endNs / 1e6;
    if (startMs < this.firstSeenMs) this.firstSeenMs = startMs;
    if (endMs > this.lastSeenMs) this.lastSeenMs = endMs;
    if (destinationPort !== undefined) this.ports.note(destinationPort, interval);
    if (service !== undefined) this.services.note(service, interval);
  }
}

/** What tells the edges of one client apart. */
export function toEdgeKey(destination: Party, protocolNumber: number): number {
  return destination.index * 0x100 + protocolNumber;
}
