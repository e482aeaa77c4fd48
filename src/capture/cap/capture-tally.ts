import { SIDE, SIDE_BYTES, type FlowDeltaBatch } from '../../model/flow-delta.ts';
import type { FrameTotals } from '../missed-frames.ts';
import type { PacketCounters } from '../packet/packet-aggregator.ts';

const SIDE_WORDS = SIDE_BYTES / 4;
const BYTES = SIDE.bytes / 4;
const FRAMES = SIDE.frames / 4;

/** What a process reports besides the flows it hands over. */
const REPORTED = ['unattributedFrames', 'unattributedBytes', 'nonIpFrames', 'nonIpBytes', 'taggedFrames'] as const;
type Reported = Record<(typeof REPORTED)[number], number>;
const NOTHING: Reported = {
  unattributedFrames: 0,
  unattributedBytes: 0,
  nonIpFrames: 0,
  nonIpBytes: 0,
  taggedFrames: 0,
};

/**
 * Counters over all capture processes that a backend had, one after the other. One that ends takes with it what it had
 * not handed over: those frames count as never seen.
 */
export class CaptureTally {
  #delivered: FrameTotals = { frames: 0, bytes: 0 };
  /** Of processes that have ended, and of the one that runs. */
  #earlier: Reported = NOTHING;
  #reported: Reported = NOTHING;
  /** Seen by processes that have ended, and by the one that runs as of its last word. */
  #seenEarlier: FrameTotals = { frames: 0, bytes: 0 };
  #seen: FrameTotals = { frames: 0, bytes: 0 };

  /** Flows were handed over. */
  deliver(batch: FlowDeltaBatch): void {
    const { buffer, byteOffset, byteLength } = batch.values;
    const words = new Uint32Array(buffer, byteOffset, byteLength / 4);
    let { frames, bytes } = this.#delivered;
    for (let side = 0; side < words.length; side += SIDE_WORDS) {
      frames += words[side + FRAMES] as number;
      bytes += (words[side + BYTES] as number) + (words[side + BYTES + 1] as number) * 2 ** 32;
    }
    this.#delivered = { frames, bytes };
  }

  /** The process that runs has handed over everything. */
  report(counters: PacketCounters): void {
    this.#reported = counters;
    this.#seen = toTotals(counters);
  }

  /** The process that runs has seen so much, handed over or not. */
  count(seen: FrameTotals): void {
    this.#seen = seen;
  }

  /** The process that ran is no more. */
  endProcess(): void {
    const counters = this.counters();
    this.#earlier = counters;
    this.#seenEarlier = toTotals(counters);
    this.#reported = NOTHING;
    this.#seen = { frames: 0, bytes: 0 };
  }

  get seen(): FrameTotals {
    return {
      frames: this.#seenEarlier.frames + this.#seen.frames,
      bytes: this.#seenEarlier.bytes + this.#seen.bytes,
    };
  }

  counters(): PacketCounters {
    const sums = { ...NOTHING };
    for (const name of REPORTED) sums[name] = this.#earlier[name] + this.#reported[name];
    return { ...sums, attributedFrames: this.#delivered.frames, attributedBytes: this.#delivered.bytes };
  }
}

function toTotals(counters: PacketCounters): FrameTotals {
  return {
    frames: counters.attributedFrames + counters.unattributedFrames + counters.nonIpFrames,
    bytes: counters.attributedBytes + counters.unattributedBytes + counters.nonIpBytes,
  };
}
