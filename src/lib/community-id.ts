import { hash } from 'node:crypto';
import { resolveIcmpCounterpart } from '../model/icmp-counterpart.ts';
import { IP_PROTOCOL } from '../model/ip-protocol.ts';
import { toFlatText } from './to-flat-text.ts';

/** The ends of a flow: addresses of 4 or 16 bytes in network order; of ICMP the ports are type and code. */
export interface CommunityTuple {
  readonly protocol: number;
  readonly source: Uint8Array;
  readonly destination: Uint8Array;
  /** Left out of the hash when undefined (fragments), and for protocols that Community ID gives no ports. */
  readonly sourcePort: number | undefined;
  readonly destinationPort: number | undefined;
}

const SEED_BYTES = 2;
/** The protocols whose ports the specification hashes. */
const PORT_PROTOCOLS: ReadonlySet<number> = new Set([
  IP_PROTOCOL.icmp,
  IP_PROTOCOL.tcp,
  IP_PROTOCOL.udp,
  IP_PROTOCOL.icmp6,
  IP_PROTOCOL.sctp,
]);
/** One input for each length that occurs; SHA-1 is taken at once, so they can be used again. */
const INPUTS = new Map([12, 16, 36, 40].map((byteCount) => [byteCount, Buffer.alloc(byteCount)]));

/**
 * Community ID v1 with seed 0: `1:` and the base64 SHA-1 of seed, lower end, higher end, protocol and ports.
 * One-way ICMP keeps the direction of its packet (https://github.com/corelight/community-id-spec, README).
 */
export function toCommunityId(tuple: CommunityTuple): string {
  const { protocol, source, destination } = tuple;
  const hasPorts = PORT_PROTOCOLS.has(protocol) && tuple.sourcePort !== undefined;
  const sourcePort = hasPorts ? (tuple.sourcePort ?? 0) : 0;
  const counterpart = hasPorts ? icmpCounterpart(tuple, sourcePort) : undefined;
  const destinationPort = counterpart ?? (hasPorts ? (tuple.destinationPort ?? 0) : 0);
  const isOneWay = hasPorts && isIcmp(protocol) && counterpart === undefined;
  const order = Buffer.compare(source, destination) || sourcePort - destinationPort;
  const isSwapped = order > 0 && !isOneWay;
  const input = toInput(isSwapped ? destination : source, isSwapped ? source : destination, protocol, hasPorts);
  if (hasPorts) {
    input.writeUInt16BE(isSwapped ? destinationPort : sourcePort, input.length - 4);
    input.writeUInt16BE(isSwapped ? sourcePort : destinationPort, input.length - 2);
  }
  return toFlatText(`1:${hash('sha1', input, 'base64')}`);
}

function isIcmp(protocol: number): boolean {
  return protocol === IP_PROTOCOL.icmp || protocol === IP_PROTOCOL.icmp6;
}

function icmpCounterpart(tuple: CommunityTuple, type: number): number | undefined {
  if (!isIcmp(tuple.protocol)) return undefined;
  return resolveIcmpCounterpart(tuple.protocol === IP_PROTOCOL.icmp ? 'ipv4' : 'ipv6', type);
}

/** Seed, addresses, protocol and the padding byte; the ports follow. */
function toInput(lower: Uint8Array, higher: Uint8Array, protocol: number, hasPorts: boolean): Buffer {
  const byteCount = SEED_BYTES + 2 * lower.length + 2 + (hasPorts ? 4 : 0);
  const input = INPUTS.get(byteCount) ?? Buffer.alloc(byteCount);
  input.set(lower, SEED_BYTES);
  input.set(higher, SEED_BYTES + lower.length);
  input[SEED_BYTES + 2 * lower.length] = protocol;
  return input;
}
