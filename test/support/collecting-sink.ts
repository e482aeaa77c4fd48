import type { CaptureSink } from '../../src/model/capture.ts';
import type { DnsMessage } from '../../src/model/dns-message.ts';
import type { FlowDeltaBatch } from '../../src/model/flow-delta.ts';
import type { IcmpError } from '../../src/model/icmp-error.ts';

/** One side of a flow delta, read with the offsets written out, so that a shifted layout shows. */
export interface ReadSide {
  readonly bytes: number;
  readonly firstNs: bigint;
  readonly synNs: bigint;
  readonly activeKns: number;
  readonly frames: number;
  readonly retransmits: number;
  readonly nextSequence: number;
  readonly ackDelayKns: number;
  readonly tcpFlags: number;
  readonly seen: number;
  readonly synCount: number;
}

export interface ReadDelta {
  /** `address|port|address|port|protocol|kind|vlan`, side 0 first; with `@point` where that is not 0. */
  readonly key: string;
  readonly sides: readonly [ReadSide, ReadSide];
}

export interface EndedInterval {
  readonly startNs: number;
  readonly endNs: number;
  readonly isLast: boolean;
  readonly deltas: readonly ReadDelta[];
}

/** Keeps what a capture backend hands over, read into plain objects. */
export class CollectingSink implements CaptureSink {
  /** Since the last interval's end. */
  current: ReadDelta[] = [];
  readonly intervals: EndedInterval[] = [];
  readonly errors: IcmpError[] = [];
  readonly dnsMessages: DnsMessage[] = [];
  readonly batchSizes: number[] = [];
  clockOffsetNs = 0;
  drainedTimes: number[] = [];

  deltas(batch: FlowDeltaBatch): void {
    this.clockOffsetNs = batch.clockOffsetNs;
    this.batchSizes.push(batch.count);
    this.current.push(...readDeltas(batch));
  }

  icmpError(error: IcmpError): void {
    this.errors.push(error);
  }

  dnsMessage(message: DnsMessage): void {
    this.dnsMessages.push(message);
  }

  drained(nowNs: number): void {
    this.drainedTimes.push(nowNs);
  }

  intervalEnd(startNs: number, endNs: number, isLast: boolean): Promise<void> {
    this.intervals.push({ startNs, endNs, isLast, deltas: this.current });
    this.current = [];
    return Promise.resolve();
  }

  /** All deltas of all intervals. */
  all(): ReadDelta[] {
    return [...this.intervals.flatMap((interval) => interval.deltas), ...this.current];
  }

  /** The one delta with this key. */
  one(key: string): ReadDelta {
    const found = this.all().filter((delta) => delta.key === key);
    if (found.length !== 1 || found[0] === undefined)
      throw new RangeError(
        `${found.length} deltas for ${key}; there are:\n${this.all()
          .map((d) => d.key)
          .join('\n')}`,
      );
    return found[0];
  }
}

export function readDeltas(batch: FlowDeltaBatch): ReadDelta[] {
  const keyBytes = batch.family === 'ipv4' ? 20 : 44;
  const values = Buffer.from(batch.values);
  return Array.from({ length: batch.count }, (_, i) => ({
    key: readKey(batch.keys.subarray(i * keyBytes, (i + 1) * keyBytes)),
    sides: [readSide(values, i * 112), readSide(values, i * 112 + 56)],
  }));
}

/** Text of a key of 20 or 44 bytes. */
export function readKey(bytes: Uint8Array): string {
  const key = Buffer.from(bytes);
  const addressBytes = key.length === 20 ? 4 : 16;
  const tail = 2 * addressBytes;
  const [a, b] = [key.subarray(0, addressBytes), key.subarray(addressBytes, tail)];
  const ports = [key.readUInt16LE(tail), key.readUInt16LE(tail + 2)];
  const rest = [key[tail + 4], key[tail + 5], key.readUInt16LE(tail + 6)];
  const point = key.readUInt32LE(tail + 8);
  const text = [addressText(a), ports[0], addressText(b), ports[1], ...rest].join('|');
  return point === 0 ? text : `${text}@${point}`;
}

/** IPv4 dotted; IPv6 as eight groups without shortening, so that it needs no code under test. */
function addressText(bytes: Buffer): string {
  if (bytes.length === 4) return bytes.join('.');
  return Array.from({ length: 8 }, (_, i) => bytes.readUInt16BE(2 * i).toString(16)).join(':');
}

function readSide(values: Buffer, at: number): ReadSide {
  return {
    bytes: Number(values.readBigUInt64LE(at)),
    firstNs: values.readBigUInt64LE(at + 8),
    activeKns: values.readUInt32LE(at + 16),
    frames: values.readUInt32LE(at + 20),
    retransmits: values.readUInt32LE(at + 24),
    nextSequence: values.readUInt32LE(at + 28),
    ackDelayKns: values.readUInt32LE(at + 40),
    tcpFlags: values[at + 44] ?? 0,
    seen: values[at + 45] ?? 0,
    synCount: values[at + 46] ?? 0,
    synNs: values.readBigUInt64LE(at + 48),
  };
}
