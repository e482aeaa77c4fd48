import { IP_PROTOCOL } from '../model/ip-protocol.ts';

const PROTOCOL_NUMBERS: ReadonlyMap<string, number> = new Map([
  ['TCP', IP_PROTOCOL.tcp],
  ['UDP', IP_PROTOCOL.udp],
  ['SCTP', IP_PROTOCOL.sctp],
]);

/** Matches every port of whatever is looked for. */
export const ANY_PORT = -1;

/** Protocol and port as one number below 2^24: a key that is no object. */
export function toPortKey(protocolNumber: number, port: number): number {
  return protocolNumber * 65_536 + port;
}

/** Number of a protocol as the API writes it; TCP where it is not told, undefined where it is none of its three. */
export function parseProtocol(name: string | undefined): number | undefined {
  return name === undefined ? IP_PROTOCOL.tcp : PROTOCOL_NUMBERS.get(name);
}
