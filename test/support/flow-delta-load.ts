import {
  type FlowDeltaBatch,
  KEY_BYTES,
  KEY_TAIL,
  SEEN,
  SIDE,
  SIDE_BYTES,
  TAIL,
  TCP_FLAG,
  VALUE_BYTES,
} from '../../src/model/flow-delta.ts';
import { seededRandom } from './seeded-random.ts';

const BATCH = 2_048;

/** Frames that each flow has in an interval, both directions. */
export const LOAD_FRAMES = 6;

/**
 * Deltas of many TCP flows, each of a client address of its own, made once: data segments and acknowledgements under
 * way. They come in random order, as out of a hash map.
 */
export class FlowDeltaLoad {
  readonly batches: readonly FlowDeltaBatch[];

  constructor(family: FlowDeltaBatch['family'], flows: number, clockOffsetNs: number) {
    const order = toShuffled(flows);
    const batches: FlowDeltaBatch[] = [];
    for (let from = 0; from < flows; from += BATCH)
      batches.push(buildBatch(family, order.subarray(from, from + BATCH), clockOffsetNs));
    this.batches = batches;
  }

  /** Sets the first frame of every delta, on the clock of the batches. */
  moveTo(firstNs: number): void {
    for (const { values, count } of this.batches) {
      const view = new DataView(values.buffer);
      for (let at = SIDE.firstNs; at < count * VALUE_BYTES; at += SIDE_BYTES) {
        view.setUint32(at, firstNs % 2 ** 32, true);
        view.setUint32(at + 4, Math.floor(firstNs / 2 ** 32), true);
      }
    }
  }
}

function toShuffled(count: number): Uint32Array {
  const random = seededRandom(1);
  const order = Uint32Array.from({ length: count }, (_, i) => i);
  for (let i = count - 1; i > 0; i--) {
    const other = random(i + 1);
    [order[i], order[other]] = [order[other]!, order[i]!];
  }
  return order;
}

function buildBatch(family: FlowDeltaBatch['family'], flows: Uint32Array, clockOffsetNs: number): FlowDeltaBatch {
  const keys = new Uint8Array(flows.length * KEY_BYTES[family]);
  const values = new Uint8Array(flows.length * VALUE_BYTES);
  for (const [i, flow] of flows.entries()) {
    writeKey(new DataView(keys.buffer, i * KEY_BYTES[family], KEY_BYTES[family]), KEY_TAIL[family], flow);
    for (const side of [0, 1]) writeSide(new DataView(values.buffer, i * VALUE_BYTES + side * SIDE_BYTES), side);
  }
  return { family, count: flows.length, keys, values, clockOffsetNs };
}

/** Addresses 10.0.0.0 + flow and 11.0.0.1, in IPv6 a00::a00:0 + flow and b00::b00:1. */
function writeKey(key: DataView, tailAt: number, flow: number): void {
  key.setUint8(0, 10);
  key.setUint32(tailAt / 2 - 4, 0x0a00_0000 + flow);
  key.setUint8(tailAt / 2, 11);
  key.setUint32(tailAt - 4, 0x0b00_0001);
  key.setUint16(tailAt + TAIL.port0, 40_000, true);
  key.setUint16(tailAt + TAIL.port1, 443, true);
  key.setUint8(tailAt + TAIL.protocol, 6);
}

function writeSide(side: DataView, number: number): void {
  side.setUint32(SIDE.bytes, 1_500, true);
  side.setUint32(SIDE.activeKns, 1_000, true);
  side.setUint32(SIDE.frames, LOAD_FRAMES / 2, true);
  side.setUint32(SIDE.ackDelayKns, 100, true);
  side.setUint8(SIDE.tcpFlags, TCP_FLAG.ack | TCP_FLAG.psh);
  side.setUint8(SIDE.seen, SEEN.sequence | (number === 0 ? SEEN.outgoing : SEEN.incoming));
}
