import { SIDE, SIDE_BYTES, VALUE_BYTES } from '../model/flow-delta.ts';
import type { Side } from './flow-row.ts';

const VALUE_WORDS = VALUE_BYTES / 4;
const SIDE_WORDS = SIDE_BYTES / 4;
const WORD = {
  bytes: SIDE.bytes / 4,
  firstNs: SIDE.firstNs / 4,
  synNs: SIDE.synNs / 4,
  activeKns: SIDE.activeKns / 4,
  frames: SIDE.frames / 4,
  retransmits: SIDE.retransmits / 4,
  ackDelayKns: SIDE.ackDelayKns / 4,
} as const;

/** A cursor over the values of a batch of flow deltas, read in place. */
export class DeltaReader {
  #words: Uint32Array = new Uint32Array(0);
  #bytes: Uint8Array = new Uint8Array(0);
  #value = 0;

  /** Takes the `count` values of a batch; valid as long as the batch is. */
  open(values: Uint8Array, count: number): void {
    this.#words = new Uint32Array(values.buffer, values.byteOffset, count * VALUE_WORDS);
    this.#bytes = values;
  }

  seek(value: number): void {
    this.#value = value;
  }

  bytes(side: Side): number {
    return this.#u64(side, WORD.bytes);
  }
  frames(side: Side): number {
    return this.#u32(side, WORD.frames);
  }
  firstNs(side: Side): number {
    return this.#u64(side, WORD.firstNs);
  }
  /** Last frame of the side; a microsecond may be missing. */
  lastNs(side: Side): number {
    return this.firstNs(side) + this.#u32(side, WORD.activeKns) * 1_024;
  }
  /** First frame of the delta, of whichever side. */
  get firstFrameNs(): number {
    if (this.frames(0) === 0) return this.firstNs(1);
    return this.frames(1) === 0 ? this.firstNs(0) : Math.min(this.firstNs(0), this.firstNs(1));
  }
  synNs(side: Side): number {
    return this.#u64(side, WORD.synNs);
  }
  retransmits(side: Side): number {
    return this.#u32(side, WORD.retransmits);
  }
  ackDelayKns(side: Side): number {
    return this.#u32(side, WORD.ackDelayKns);
  }
  tcpFlags(side: Side): number {
    return this.#u8(side, SIDE.tcpFlags);
  }
  seen(side: Side): number {
    return this.#u8(side, SIDE.seen);
  }
  synCount(side: Side): number {
    return this.#u8(side, SIDE.synCount);
  }

  #u8(side: Side, byte: number): number {
    return this.#bytes[this.#value * VALUE_BYTES + side * SIDE_BYTES + byte]!;
  }
  #u32(side: Side, word: number): number {
    return this.#words[this.#value * VALUE_WORDS + side * SIDE_WORDS + word]!;
  }
  #u64(side: Side, word: number): number {
    const at = this.#value * VALUE_WORDS + side * SIDE_WORDS + word;
    return this.#words[at]! + this.#words[at + 1]! * 0x1_0000_0000;
  }
}
