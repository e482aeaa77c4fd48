import type { FlowRecord } from '../model/flow-record.ts';
import type { OpenConnection } from './open-connection.ts';

/** Address of the pod that the client's observer looks at, whatever the packets were translated to. */
export function clientAddress(record: FlowRecord): string {
  return record.natOriginalSourceAddress ?? record.sourceAddress;
}

/** Address of the pod that the server's observer looks at, likewise. */
export function serverAddress(record: FlowRecord): string {
  return record.natDestinationAddress ?? record.destinationAddress;
}

/** The end whose perspective a lone connection lacks. */
export function toOtherAddress({ clientSide, serverSide }: OpenConnection): string {
  return clientSide === undefined ? clientAddress(serverSide as FlowRecord) : serverAddress(clientSide);
}
