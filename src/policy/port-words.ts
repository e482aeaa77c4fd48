import { toTransportName } from '../model/ip-protocol.ts';
import type { PolicyPort } from '../model/network-policy.ts';
import type { Target } from './match-port.ts';

/** `TCP 80`, or `TCP` where the port is not known. */
export function toTargetWords({ protocolNumber, port }: Target): string {
  return port === undefined ? toProtocolWord(protocolNumber) : `${toProtocolWord(protocolNumber)} ${port}`;
}

/** `TCP 80`, `UDP 30000-32767`, `all of SCTP`, `TCP http (8080)`: a name with the number that the target gives it. */
export function toPortWords({ protocolNumber, port, endPort }: PolicyPort, { end }: Target): string {
  const protocol = toProtocolWord(protocolNumber);
  if (port === undefined) return `all of ${protocol}`;
  if (typeof port === 'number') return `${protocol} ${endPort === undefined ? port : `${port}-${endPort}`}`;
  const named = end.namedPorts.filter((each) => each.name === port && each.protocolNumber === protocolNumber);
  const numbers = named.map((each) => String(each.port)).join(', ');
  return `${protocol} ${port} (${numbers === '' ? 'which the pod does not declare' : numbers})`;
}

export function toProtocolWord(protocolNumber: number): string {
  return toTransportName(protocolNumber).toUpperCase();
}
