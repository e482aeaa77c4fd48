import type { FlowRecord } from '../../../src/model/flow-record.ts';
import type { SocketAddress } from '../namespace-socket.ts';

/** An address with or without a port (ICMP), as `10.0.0.1:80` and `[fd00::1]:80`. */
export function toEndText(address: string, port: number | undefined): string {
  if (port === undefined) return address;
  return address.includes(':') ? `[${address}]:${port}` : `${address}:${port}`;
}

/** `source → destination`. */
export function toTupleText(source: SocketAddress, destination: SocketAddress): string {
  return `${toEndText(source.address, source.port)} → ${toEndText(destination.address, destination.port)}`;
}

/** The tuple that was on the wire where the record was made. */
export function toObservedText(record: FlowRecord): string {
  const { sourceAddress, sourcePort, destinationAddress, destinationPort } = record;
  return `${toEndText(sourceAddress, sourcePort)} → ${toEndText(destinationAddress, destinationPort)}`;
}

/** `flow.nat.*`; undefined when nothing is told. */
export function toDeliveredText(record: FlowRecord): string | undefined {
  const { natSourceAddress: source, natDestinationAddress: destination } = record;
  if (source === undefined || destination === undefined) return undefined;
  return `${toEndText(source, record.natSourcePort)} → ${toEndText(destination, record.natDestinationPort)}`;
}

/** `flow.nat.original.*`; undefined when nothing is told. */
export function toOriginalText(record: FlowRecord): string | undefined {
  const { natOriginalSourceAddress: source, natOriginalDestinationAddress: destination } = record;
  if (source === undefined || destination === undefined) return undefined;
  const ports = [record.natOriginalSourcePort, record.natOriginalDestinationPort] as const;
  return `${toEndText(source, ports[0])} → ${toEndText(destination, ports[1])}`;
}
