import type { FlowRecord } from '../model/flow-record.ts';
import type { EndResolver, NamedEnd } from '../model/named-end.ts';
import { clientAddress, serverAddress } from './end-addresses.ts';

/**
 * Whether evidence is of a connection that a pod or a Service of the cluster has a part in; else the packets were a
 * host's own. A NodePort is a Service's, though the address is the node's.
 */
export function isOfCluster(record: FlowRecord, resolver: EndResolver): boolean {
  const { protocolNumber: protocol, destinationAddress, destinationPort } = record;
  const timeMs = record.startNs / 1e6;
  const sourcePort = record.natOriginalSourcePort ?? record.sourcePort;
  const serverPort = record.natDestinationPort ?? destinationPort;
  return (
    isOwn(resolver.resolveEnd(clientAddress(record), protocol, sourcePort, timeMs)) ||
    isOwn(resolver.resolveEnd(serverAddress(record), protocol, serverPort, timeMs)) ||
    resolver.resolveService(destinationAddress, protocol, destinationPort, timeMs) !== undefined
  );
}

function isOwn({ kind }: NamedEnd): boolean {
  return kind === 'pod' || kind === 'service';
}
