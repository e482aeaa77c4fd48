import { resolveIcmpCounterpart } from '../model/icmp-counterpart.ts';
import { IP_PROTOCOL } from '../model/ip-protocol.ts';

/** Words of one tuple in `ConntrackEntry.tuples`. */
export const TUPLE_WORDS = 9;

/** Word offsets within a tuple. Addresses are big-endian words, so that their numbers order as the addresses do. */
export const TUPLE = {
  /** 1 word of IPv4, 4 of IPv6. */
  source: 0,
  destination: 4,
  /** source port << 16 | destination port, or what `toPortsWord` puts there. */
  ports: 8,
} as const;

/** Offsets of the two tuples in `ConntrackEntry.tuples`. */
export const ORIGINAL = 0;
export const REPLY = ORIGINAL + TUPLE_WORDS;

/** One entry of the kernel's table as a message or a line told it; the decoders fill the same object again and again. */
export class ConntrackEntry {
  isIpv6 = false;
  protocol = 0;
  zone = 0;
  /** CTA_ID: not unique for ever, and the next entry of a tuple may get the same. 0 when it was not told. */
  id = 0;
  /** When the entry began, ns since the epoch, as the kernel stamped it; 0 when it was not told. */
  startNs = 0;
  /** When what the message tells happened, as `startNs`. */
  eventNs = 0;
  readonly tuples = new Uint32Array(2 * TUPLE_WORDS);

  clear(): void {
    this.isIpv6 = false;
    this.protocol = 0;
    this.zone = 0;
    this.id = 0;
    this.startNs = 0;
    this.eventNs = 0;
    this.tuples.fill(0);
  }
}

/** Whether entries and records of a protocol have ports. */
export function hasPorts(protocol: number): boolean {
  return protocol === IP_PROTOCOL.tcp || protocol === IP_PROTOCOL.udp || protocol === IP_PROTOCOL.sctp;
}

export function isIcmp(protocol: number): boolean {
  return protocol === IP_PROTOCOL.icmp || protocol === IP_PROTOCOL.icmp6;
}

/**
 * What tells flows between two addresses apart: the ports; of ICMP the pair of request and answer (the lower of the
 * two types, in both halves, so that it is the same seen from either end), since flow records have no ICMP id; nothing
 * for all other protocols.
 */
export function toPortsWord(protocol: number, sourcePort: number, destinationPort: number, icmpType: number): number {
  if (hasPorts(protocol)) return ((sourcePort << 16) | destinationPort) >>> 0;
  if (protocol === IP_PROTOCOL.icmp) return ICMP_PAIRS[icmpType & 0xff]!;
  return protocol === IP_PROTOCOL.icmp6 ? ICMP6_PAIRS[icmpType & 0xff]! : 0;
}

const ICMP_PAIRS = createPairs('ipv4');
const ICMP6_PAIRS = createPairs('ipv6');

function createPairs(family: 'ipv4' | 'ipv6'): Uint32Array {
  return Uint32Array.from({ length: 256 }, (_, type) => {
    const pair = Math.min(type, resolveIcmpCounterpart(family, type) ?? type);
    return (pair << 16) | pair;
  });
}
