import { addressBytes } from './packet-builder.ts';

/** One entry of the kernel's drop map, as a test says it. */
export interface DropEntry {
  readonly source: string;
  readonly destination: string;
  /** Absent where the packet has none that could be read. */
  readonly ports?: readonly [number, number];
  readonly protocol: number;
  readonly reason?: number;
  readonly netns?: number;
  readonly packets?: number;
  readonly bytes?: number;
  readonly firstNs?: number;
  readonly lastNs?: number;
  readonly tcpFlags?: number;
}

/** Keys and values as the kernel gives them, with the offsets written out, so that a shifted layout shows. */
export function encodeDropEntries(entries: readonly DropEntry[]): { keys: Buffer; values: Buffer; count: number } {
  const keys = Buffer.alloc(entries.length * 48);
  const values = Buffer.alloc(entries.length * 40);
  for (const [i, entry] of entries.entries()) {
    encodeKey(keys.subarray(i * 48, (i + 1) * 48), entry);
    const { packets = 1, bytes = 60, firstNs = 1_000, lastNs = 2_000, tcpFlags = 0 } = entry;
    for (const [at, value] of [packets, bytes, firstNs, lastNs, tcpFlags].entries())
      values.writeBigUInt64LE(BigInt(value), i * 40 + at * 8);
  }
  return { keys, values, count: entries.length };
}

function encodeKey(key: Buffer, { source, destination, ports, protocol, reason = 12, netns = 99 }: DropEntry): void {
  const ends = [addressBytes(source), addressBytes(destination)];
  ends.forEach((bytes, end) => key.set(bytes, end * 16 + 16 - bytes.length));
  key.writeUInt32LE(netns, 32);
  key.writeUInt32LE(reason, 36);
  key.writeUInt16LE(ports?.[0] ?? 0, 40);
  key.writeUInt16LE(ports?.[1] ?? 0, 42);
  key[44] = protocol;
  key[45] = (ends[0]?.length === 4 ? 1 : 0) | (ports === undefined ? 0 : 2);
}
