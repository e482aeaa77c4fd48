import { traceCommunityId } from '../lib/trace-id.ts';
import type { FlowRecord } from '../model/flow-record.ts';
import type { EndResolver } from '../model/named-end.ts';
import { computeCommunityId } from './join-key.ts';
import type { OpenConnection } from './open-connection.ts';

/**
 * Makes a connection say what its records tell: both ends by name, the resolved tuple, the verdict, and what was lost
 * between the two observers. Names are those of the moment of the first packet.
 */
export function describeConnection(connection: OpenConnection, resolver: EndResolver): void {
  const { clientSide, serverSide } = connection;
  const record = (clientSide ?? serverSide)!;
  connection.record = record;
  connection.observer = (clientSide === undefined ? connection.serverObserver : connection.clientObserver)!;
  connection.perspectives = clientSide === undefined ? 'server' : serverSide === undefined ? 'client' : 'both';
  setDestination(connection, record);
  const sourceAddress = setSource(connection, record);
  const destinationAddress = record.natDestinationAddress ?? record.destinationAddress;
  setCommunityId(connection, sourceAddress, destinationAddress);
  nameEnds(connection, resolver, sourceAddress, destinationAddress);
  judge(connection, record, serverSide);
  compareCounts(connection, clientSide, serverSide);
}

/** Who answered, and what was dialled where that is another address. */
function setDestination(connection: OpenConnection, record: FlowRecord): void {
  const isTranslated = record.natDestinationAddress !== undefined;
  const address = isTranslated ? record.natDestinationAddress : record.destinationAddress;
  const port = isTranslated ? record.natDestinationPort : record.destinationPort;
  const isOriginalTold = record.natOriginalDestinationAddress !== undefined;
  const dialled = isOriginalTold ? record.natOriginalDestinationAddress : record.destinationAddress;
  const dialledPort = isOriginalTold ? record.natOriginalDestinationPort : record.destinationPort;
  const isSame = dialled === address && dialledPort === port;
  connection.destinationPort = port;
  connection.dialledAddress = isSame ? undefined : dialled;
  connection.dialledPort = isSame ? undefined : dialledPort;
}

/** Who dialled, and what the server sees of it where that is another address. */
function setSource(connection: OpenConnection, record: FlowRecord): string {
  const isOriginalTold = record.natOriginalSourceAddress !== undefined;
  const address = record.natOriginalSourceAddress ?? record.sourceAddress;
  const port = isOriginalTold ? record.natOriginalSourcePort : record.sourcePort;
  const isTranslated = record.natSourceAddress !== undefined;
  const seen = isTranslated ? record.natSourceAddress : record.sourceAddress;
  const seenPort = isTranslated ? record.natSourcePort : record.sourcePort;
  const isSame = seen === address && seenPort === port;
  connection.sourcePort = port;
  connection.translatedSourceAddress = isSame ? undefined : seen;
  connection.translatedSourcePort = isSame ? undefined : seenPort;
  return address;
}

/** Where the source is not translated, the resolved tuple is the delivered one. */
function setCommunityId(connection: OpenConnection, sourceAddress: string, destinationAddress: string): void {
  const { record, sourcePort, destinationPort, joinId } = connection;
  connection.communityId =
    connection.translatedSourceAddress === undefined
      ? traceCommunityId(record) || joinId
      : (computeCommunityId(record, sourceAddress, sourcePort, destinationAddress, destinationPort) ?? joinId);
}

function nameEnds(connection: OpenConnection, resolver: EndResolver, source: string, destination: string): void {
  const { record, sourcePort, destinationPort } = connection;
  const { protocolNumber: protocol } = record;
  const timeMs = record.startNs / 1e6;
  const { awaitedEnd } = connection;
  // It was named by the same record's time, or by that of the other perspective: the same moment.
  connection.source =
    awaitedEnd?.address === source ? awaitedEnd : resolver.resolveEnd(source, protocol, sourcePort, timeMs);
  connection.destination =
    awaitedEnd?.address === destination
      ? awaitedEnd
      : resolver.resolveEnd(destination, protocol, destinationPort, timeMs);
  const dialled = connection.dialledAddress;
  connection.service =
    resolver.resolveService(
      dialled ?? destination,
      protocol,
      dialled === undefined ? destinationPort : connection.dialledPort,
      timeMs,
    ) ?? resolver.resolveEndpointService(destination, protocol, destinationPort, timeMs);
}

/** The client knows best what became of its attempt; where it cannot tell, the server's word counts. */
function judge(connection: OpenConnection, record: FlowRecord, serverSide: FlowRecord | undefined): void {
  const judged = record.verdict === 'unknown' && serverSide !== undefined ? serverSide : record;
  connection.verdict = judged.verdict;
  connection.dropReason = judged.dropReason;
}

function compareCounts(
  connection: OpenConnection,
  client: FlowRecord | undefined,
  server: FlowRecord | undefined,
): void {
  const isBoth = client !== undefined && server !== undefined;
  connection.lostPackets = isBoth ? client.packets - server.packets : undefined;
  connection.lostBytes = isBoth ? client.bytes - server.bytes : undefined;
  connection.reverseLostPackets = isBoth ? server.reversePackets - client.reversePackets : undefined;
  connection.reverseLostBytes = isBoth ? server.reverseBytes - client.reverseBytes : undefined;
}
