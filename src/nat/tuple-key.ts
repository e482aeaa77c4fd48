import { TUPLE } from './conntrack-entry.ts';

/** Words of a key: both addresses, lower end first, and the ports in the same order. */
export const KEY_WORDS = { ipv4: 3, ipv6: 9 } as const;

/**
 * Writes the key of a tuple (layout `TUPLE`, from `from` on) into `target` at `at`. A tuple and its reverse have one
 * key: the end with the lower (address, port) stands first. True when that is the destination.
 */
export function writeTupleKey(
  target: Uint32Array,
  at: number,
  tuples: Uint32Array,
  from: number,
  isIpv6: boolean,
): boolean {
  if (!isIpv6) return writeIpv4Key(target, at, tuples, from);
  const words = 4;
  const ports = tuples[from + TUPLE.ports]!;
  const isSwapped = isReversed(tuples, from, words, ports);
  const low = from + (isSwapped ? TUPLE.destination : TUPLE.source);
  const high = from + (isSwapped ? TUPLE.source : TUPLE.destination);
  for (let word = 0; word < words; word++) {
    target[at + word] = tuples[low + word]!;
    target[at + words + word] = tuples[high + word]!;
  }
  target[at + 2 * words] = isSwapped ? swapHalves(ports) : ports;
  return isSwapped;
}

/** The same, for most lookups by far. */
function writeIpv4Key(target: Uint32Array, at: number, tuples: Uint32Array, from: number): boolean {
  const source = tuples[from + TUPLE.source]!;
  const destination = tuples[from + TUPLE.destination]!;
  const ports = tuples[from + TUPLE.ports]!;
  const isSwapped = source === destination ? ports >>> 16 > (ports & 0xffff) : source > destination;
  target[at] = isSwapped ? destination : source;
  target[at + 1] = isSwapped ? source : destination;
  target[at + 2] = isSwapped ? swapHalves(ports) : ports;
  return isSwapped;
}

/** The tuple that a key was made of, as `writeTupleKey` told its direction. */
export function readTupleKey(
  target: Uint32Array,
  keys: Uint32Array,
  at: number,
  isIpv6: boolean,
  isSwapped: boolean,
): void {
  const words = isIpv6 ? 4 : 1;
  for (let word = 0; word < words; word++) {
    target[(isSwapped ? TUPLE.destination : TUPLE.source) + word] = keys[at + word]!;
    target[(isSwapped ? TUPLE.source : TUPLE.destination) + word] = keys[at + words + word]!;
  }
  const ports = keys[at + 2 * words]!;
  target[TUPLE.ports] = isSwapped ? swapHalves(ports) : ports;
}

function isReversed(tuples: Uint32Array, from: number, words: number, ports: number): boolean {
  for (let word = 0; word < words; word++) {
    const source = tuples[from + TUPLE.source + word]!;
    const destination = tuples[from + TUPLE.destination + word]!;
    if (source !== destination) return source > destination;
  }
  return ports >>> 16 > (ports & 0xffff);
}

function swapHalves(ports: number): number {
  return ((ports << 16) | (ports >>> 16)) >>> 0;
}
