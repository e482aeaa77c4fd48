import ipaddr from 'ipaddr.js';
import {
  type FlowDeltaBatch,
  KEY_BYTES,
  KEY_KIND,
  KEY_POINT,
  KEY_TAIL,
  SIDE,
  SIDE_BYTES,
  TAIL,
  VALUE_BYTES,
} from '../../src/model/flow-delta.ts';

/** What one end sent since the last drain. Times are on the batch's clock. */
export interface SentSpec {
  readonly frames: number;
  readonly bytes?: number;
  readonly firstNs: number;
  readonly lastNs?: number;
  readonly synNs?: number;
  readonly flags?: number;
  readonly seen?: number;
  readonly synCount?: number;
  readonly retransmits?: number;
  readonly ackDelayKns?: number;
}

/** One flow: two ends in any order, and what each sent. */
export interface DeltaSpec {
  readonly protocol: number;
  readonly kind?: keyof typeof KEY_KIND;
  readonly vlan?: number;
  readonly point?: number;
  readonly a: string;
  readonly b: string;
  readonly aPort?: number;
  readonly bPort?: number;
  readonly fromA?: SentSpec;
  readonly fromB?: SentSpec;
}

export interface BuiltKey {
  readonly family: 'ipv4' | 'ipv6';
  readonly key: Uint8Array;
  /** Side of end `a`. */
  readonly aSide: 0 | 1;
}

/** Key of a flow as a capture makes it: the end with the lower (address, port) is side 0; one-way ICMP has `a` first. */
export function buildKey(spec: DeltaSpec): BuiltKey {
  const a = ipaddr.parse(spec.a);
  const ends = [
    { address: a.toByteArray(), port: spec.aPort ?? 0 },
    { address: ipaddr.parse(spec.b).toByteArray(), port: spec.bPort ?? 0 },
  ] as const;
  const order =
    Buffer.compare(Buffer.from(ends[0].address), Buffer.from(ends[1].address)) || ends[0].port - ends[1].port;
  const aSide = order > 0 && spec.kind !== 'icmpOneWay' ? 1 : 0;
  const family = a.kind();
  const key = new Uint8Array(KEY_BYTES[family]);
  key.set(ends[aSide].address, 0);
  key.set(ends[aSide === 0 ? 1 : 0].address, KEY_TAIL[family] / 2);
  const tail = new DataView(key.buffer, KEY_TAIL[family]);
  tail.setUint16(TAIL.port0, ends[aSide].port, true);
  tail.setUint16(TAIL.port1, ends[aSide === 0 ? 1 : 0].port, true);
  tail.setUint8(TAIL.protocol, spec.protocol);
  tail.setUint8(TAIL.kind, KEY_KIND[spec.kind ?? 'normal']);
  tail.setUint16(TAIL.vlan, spec.vlan ?? 0, true);
  new DataView(key.buffer).setUint32(KEY_POINT[family], spec.point ?? 0, true);
  return { family, key, aSide };
}

/** A batch of deltas of one family. */
export function buildBatch(specs: readonly DeltaSpec[], clockOffsetNs: number): FlowDeltaBatch {
  const built = specs.map(buildKey);
  const family = built[0]?.family ?? 'ipv4';
  const keys = new Uint8Array(specs.length * KEY_BYTES[family]);
  const values = new Uint8Array(specs.length * VALUE_BYTES);
  for (const [index, spec] of specs.entries()) {
    const { key, aSide } = built[index]!;
    keys.set(key, index * KEY_BYTES[family]);
    const value = new DataView(values.buffer, index * VALUE_BYTES, VALUE_BYTES);
    writeSide(value, aSide, spec.fromA);
    writeSide(value, aSide === 0 ? 1 : 0, spec.fromB);
  }
  return { family, count: specs.length, keys, values, clockOffsetNs };
}

function writeSide(value: DataView, side: 0 | 1, sent: SentSpec | undefined): void {
  if (sent === undefined) return;
  const at = side * SIDE_BYTES;
  value.setBigUint64(at + SIDE.bytes, BigInt(sent.bytes ?? 100 * sent.frames), true);
  value.setBigUint64(at + SIDE.firstNs, BigInt(sent.firstNs), true);
  value.setBigUint64(at + SIDE.synNs, BigInt(sent.synNs ?? 0), true);
  value.setUint32(at + SIDE.activeKns, Math.floor(((sent.lastNs ?? sent.firstNs) - sent.firstNs) / 1_024), true);
  value.setUint32(at + SIDE.frames, sent.frames, true);
  value.setUint32(at + SIDE.retransmits, sent.retransmits ?? 0, true);
  value.setUint32(at + SIDE.ackDelayKns, sent.ackDelayKns ?? 0, true);
  value.setUint8(at + SIDE.tcpFlags, sent.flags ?? 0);
  value.setUint8(at + SIDE.seen, sent.seen ?? 0);
  value.setUint8(at + SIDE.synCount, sent.synCount ?? 0);
}
