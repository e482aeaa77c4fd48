import type { CaptureSink } from '../../src/model/capture.ts';
import type { DnsMessage } from '../../src/model/dns-message.ts';
import { KEY_BYTES, KEY_POINT, KEY_TAIL, SIDE, SIDE_BYTES, TAIL, VALUE_BYTES } from '../../src/model/flow-delta.ts';
import type { IcmpError } from '../../src/model/icmp-error.ts';

/** One side of a collected flow, summed over all drains; times are left out, since clocks differ between backends. */
export interface CollectedSide {
  frames: number;
  bytes: number;
  retransmits: number;
  tcpFlags: number;
  synCount: number;
  seen: number;
}

export interface CollectedFlow {
  readonly ports: readonly [number, number];
  readonly protocol: number;
  readonly kind: number;
  readonly vlan: number;
  readonly point: string;
  readonly sides: readonly [CollectedSide, CollectedSide];
}

/** A capture sink for tests that sums deltas by key. */
export class DeltaCollector implements CaptureSink {
  /** Names points while deltas come: flows are told apart by it in place of the number, which is the backend's own. */
  describePoint: (point: number) => string = String;
  readonly flows = new Map<string, CollectedFlow>();
  readonly icmpErrors: IcmpError[] = [];
  readonly dnsMessages: DnsMessage[] = [];
  intervals = 0;
  earlyDrains = 0;
  frames = 0;
  bytes = 0;

  deltas(batch: Parameters<CaptureSink['deltas']>[0]): void {
    const keyBytes = KEY_BYTES[batch.family];
    const values = new DataView(batch.values.buffer, batch.values.byteOffset, batch.values.byteLength);
    for (let i = 0; i < batch.count; i++) {
      const key = batch.keys.subarray(i * keyBytes, (i + 1) * keyBytes);
      const flow = this.#flow(batch.family, key);
      for (const side of [0, 1] as const) this.#add(flow.sides[side], values, i * VALUE_BYTES + side * SIDE_BYTES);
    }
  }

  icmpError(error: IcmpError): void {
    this.icmpErrors.push({ ...error, quotedKey: error.quotedKey.slice() });
  }

  dnsMessage(message: DnsMessage): void {
    this.dnsMessages.push(message);
  }

  drained(): void {
    this.earlyDrains++;
  }

  intervalEnd(): Promise<void> {
    this.intervals++;
    return Promise.resolve();
  }

  #flow(family: 'ipv4' | 'ipv6', key: Uint8Array): CollectedFlow {
    const point = new DataView(key.buffer, key.byteOffset).getUint32(KEY_POINT[family], true);
    const id = `${Buffer.from(key.subarray(0, KEY_POINT[family])).toString('hex')} ${this.describePoint(point)}`;
    const known = this.flows.get(id);
    if (known !== undefined) return known;
    const tail = new DataView(key.buffer, key.byteOffset + KEY_TAIL[family], 8);
    const flow: CollectedFlow = {
      ports: [tail.getUint16(TAIL.port0, true), tail.getUint16(TAIL.port1, true)],
      protocol: tail.getUint8(TAIL.protocol),
      kind: tail.getUint8(TAIL.kind),
      vlan: tail.getUint16(TAIL.vlan, true),
      point: this.describePoint(point),
      sides: [emptySide(), emptySide()],
    };
    this.flows.set(id, flow);
    return flow;
  }

  #add(to: CollectedSide, values: DataView, at: number): void {
    const frames = values.getUint32(at + SIDE.frames, true);
    const bytes = Number(values.getBigUint64(at + SIDE.bytes, true));
    to.frames += frames;
    to.bytes += bytes;
    to.retransmits += values.getUint32(at + SIDE.retransmits, true);
    to.tcpFlags |= values.getUint8(at + SIDE.tcpFlags);
    to.synCount += values.getUint8(at + SIDE.synCount);
    to.seen |= values.getUint8(at + SIDE.seen);
    this.frames += frames;
    this.bytes += bytes;
  }
}

function emptySide(): CollectedSide {
  return { frames: 0, bytes: 0, retransmits: 0, tcpFlags: 0, synCount: 0, seen: 0 };
}
