import { IP_PROTOCOL } from '../model/ip-protocol.ts';
import { parseAddress } from '../lib/parse-address.ts';
import { parseNumber } from './parse-number.ts';
import { refuse, type LineOutcome, type ToldDrop } from './told-drop.ts';

const PORTED: ReadonlySet<number> = new Set([IP_PROTOCOL.tcp, IP_PROTOCOL.udp, IP_PROTOCOL.sctp]);

/** The ends as a line writes them. */
export interface EndTexts {
  readonly source: string;
  readonly sourcePort: string;
  readonly destination: string;
  readonly destinationPort: string;
}

export type Ends = Pick<ToldDrop, 'sourceAddress' | 'destinationAddress' | 'ports'>;

/** Reads the ends of dropped packets; of protocols without ports whatever stands in their place is left out. */
export function resolveEnds(texts: EndTexts, protocolNumber: number): Ends | LineOutcome {
  const sourceAddress = parseAddress(texts.source);
  if (sourceAddress === undefined) return refuse('address', `"${texts.source}" is no IP address`);
  const destinationAddress = parseAddress(texts.destination);
  if (destinationAddress === undefined) return refuse('address', `"${texts.destination}" is no IP address`);
  if (sourceAddress.length !== destinationAddress.length)
    return refuse('address', `${texts.source} and ${texts.destination} are of different families`);
  if (!PORTED.has(protocolNumber)) return { sourceAddress, destinationAddress, ports: undefined };
  const source = parseNumber(texts.sourcePort, 65_535);
  const destination = parseNumber(texts.destinationPort, 65_535);
  if (source === undefined) return refuse('port', `"${texts.sourcePort}" is no port`);
  if (destination === undefined) return refuse('port', `"${texts.destinationPort}" is no port`);
  return { sourceAddress, destinationAddress, ports: { source, destination } };
}
