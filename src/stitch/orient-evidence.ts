import type { FlowDirection, FlowRecord } from '../model/flow-record.ts';
import type { EndResolver } from '../model/named-end.ts';

const OPPOSITE: Readonly<Record<FlowDirection, FlowDirection>> = {
  ingress: 'egress',
  egress: 'ingress',
  unknown: 'unknown',
};

/**
 * Makes the client the source of evidence that stands alone: it tells of dropped packets, which may have been answers.
 * The first that decides:
 *
 * 1. A SYN was dropped, or conntrack knows who began: it stands as it is (`initiator`), and so where it is translated.
 * 2. One end is a Service, or an endpoint of one, by its address and port, and the other is not: that is the server.
 * 3. Ports: the one of the lower class is the server's; well-known (below 1,024) beats registered (below 32,768, where
 *    Linux begins its own choice) beats ephemeral.
 * 4. It stands as it is.
 */
export function orientEvidence(record: FlowRecord, resolver: EndResolver): void {
  if (record.initiator !== 'guess' || record.natState === 'translated') return;
  const { sourcePort, destinationPort } = record;
  if (sourcePort === undefined || destinationPort === undefined) return;
  const isSourceServer = isService(record, record.sourceAddress, sourcePort, resolver);
  const isDestinationServer = isService(record, record.destinationAddress, destinationPort, resolver);
  const isReversed =
    isSourceServer === isDestinationServer ? portClass(sourcePort) < portClass(destinationPort) : isSourceServer;
  if (isReversed) swapEnds(record);
}

function isService(
  { protocolNumber, startNs }: FlowRecord,
  address: string,
  port: number,
  resolver: EndResolver,
): boolean {
  const timeMs = startNs / 1e6;
  return (
    resolver.resolveService(address, protocolNumber, port, timeMs) !== undefined ||
    resolver.resolveEndpointService(address, protocolNumber, port, timeMs) !== undefined
  );
}

function portClass(port: number): number {
  if (port < 1_024) return 0;
  return port < 32_768 ? 1 : 2;
}

/** Evidence counts no traffic: there is nothing else to swap. */
function swapEnds(record: FlowRecord): void {
  const { sourceAddress, sourcePort, tunnelSourceAddress } = record;
  record.sourceAddress = record.destinationAddress;
  record.sourcePort = record.destinationPort;
  record.destinationAddress = sourceAddress;
  record.destinationPort = sourcePort;
  record.tunnelSourceAddress = record.tunnelDestinationAddress;
  record.tunnelDestinationAddress = tunnelSourceAddress;
  record.direction = OPPOSITE[record.direction];
}
