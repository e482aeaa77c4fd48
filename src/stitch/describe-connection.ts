import { traceCommunityId } from '../lib/trace-id.ts';
import type { FlowRecord } from '../model/flow-record.ts';
import type { EndResolver } from '../model/named-end.ts';
import type { PolicyJudge } from '../model/policy-judge.ts';
import { computeCommunityId } from './join-key.ts';
import { NO_EVIDENCE, type OpenConnection } from './open-connection.ts';
import { settleOutcome, type IsWithin } from './settle-outcome.ts';

export interface DescribeOptions {
  readonly resolver: EndResolver;
  /** Says what the policies say; undefined: nobody does. */
  readonly judge: PolicyJudge | undefined;
  readonly isWithin: IsWithin;
}

/**
 * Makes a connection say what its records tell: both ends by name, the resolved tuple, what became of it, what was lost
 * between the two observers; and what the policies say of all that. Names are those of the moment of the first packet.
 */
export function describeConnection(connection: OpenConnection, { resolver, judge, isWithin }: DescribeOptions): void {
  const { clientSide, serverSide, evidenceSide } = connection;
  const record = (clientSide ?? serverSide ?? evidenceSide?.record)!;
  connection.record = record;
  connection.evidence = evidenceSide === undefined ? NO_EVIDENCE : evidenceSide.toEvidence();
  setPerspectives(connection);
  setDestination(connection, record);
  const sourceAddress = setSource(connection, record);
  const destinationAddress = record.natDestinationAddress ?? record.destinationAddress;
  setCommunityId(connection, sourceAddress, destinationAddress);
  nameEnds(connection, resolver, sourceAddress, destinationAddress);
  settleOutcome(connection, isWithin);
  compareCounts(connection, clientSide, serverSide);
  connection.judgement = judge?.judge(connection);
  connection.finding = connection.judgement && judge?.find(connection, connection.judgement);
}

function setPerspectives(connection: OpenConnection): void {
  const { clientSide, serverSide, evidenceSide, clientObserver, serverObserver } = connection;
  connection.observer = (clientObserver ?? serverObserver ?? evidenceSide?.observer)!;
  if (clientSide !== undefined) connection.perspectives = serverSide === undefined ? 'client' : 'both';
  else connection.perspectives = serverSide === undefined ? 'none' : 'server';
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

/** Where the server's observer looked and saw nothing, all that was dropped is lost; what was rejected is not. */
function compareCounts(
  connection: OpenConnection,
  client: FlowRecord | undefined,
  server: FlowRecord | undefined,
): void {
  const isBoth = client !== undefined && server !== undefined;
  const isLost = connection.dropPlace === 'to_server' && connection.verdict === 'dropped';
  connection.lostPackets = isBoth ? client.packets - server.packets : isLost ? client?.packets : undefined;
  connection.lostBytes = isBoth ? client.bytes - server.bytes : isLost ? client?.bytes : undefined;
  connection.reverseLostPackets = isBoth ? server.reversePackets - client.reversePackets : undefined;
  connection.reverseLostBytes = isBoth ? server.reverseBytes - client.reverseBytes : undefined;
}
