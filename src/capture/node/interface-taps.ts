import { type FlowDeltaBatch, KEY_BYTES, KEY_POINT, SIDE, SIDE_BYTES, VALUE_BYTES } from '../../model/flow-delta.ts';
import type { ObservationPoint } from '../../model/observation-point.ts';
import type { FrameTotals } from '../missed-frames.ts';
import type { InterfaceTap, TapKind } from './interface-tap.ts';
import { PointTable } from './point-table.ts';

const VALUE_WORDS = VALUE_BYTES / 4;
const SIDE_WORDS = SIDE_BYTES / 4;
const FRAMES_AT = SIDE.frames / 4;
const BYTES_AT = SIDE.bytes / 4;

/** The taps of all interfaces: those that are observed, and those that are gone until their flows are told. */
export class InterfaceTaps {
  readonly points = new PointTable();
  readonly #byPoint = new Map<number, InterfaceTap>();
  /** Of interfaces that went since the copies were read for the last time. */
  #leaving: InterfaceTap[] = [];
  /** What the forgotten ones had counted. */
  readonly #forgotten = { frames: 0, bytes: 0, afterLastRead: 0, lostCopies: 0 };

  add(tap: InterfaceTap, description: ObservationPoint): void {
    this.#byPoint.set(tap.point, tap);
    this.points.name(tap.point, description);
  }

  /** Its interface is gone. */
  leave(tap: InterfaceTap): void {
    tap.leave();
    this.#leaving.push(tap);
    this.points.retire(tap.point);
  }

  /** Reads the copies of all, and closes those whose interface is gone. */
  readCopies(take: (packet: Buffer, point: number) => void): number {
    let packets = 0;
    for (const tap of this.#byPoint.values()) packets += tap.readCopies(take);
    for (const tap of this.#leaving) void tap.close();
    this.#leaving = [];
    return packets;
  }

  /**
   * Adds up what is handed over, for each interface.
   * @param carrierOf the point at which the frames of a flow passed
   */
  attribute(batch: FlowDeltaBatch, carrierOf: (point: number) => number): void {
    const keyWords = KEY_BYTES[batch.family] / 4;
    const pointAt = KEY_POINT[batch.family] / 4;
    const keys = new Uint32Array(batch.keys.buffer, batch.keys.byteOffset, batch.count * keyWords);
    const values = new Uint32Array(batch.values.buffer, batch.values.byteOffset, batch.count * VALUE_WORDS);
    for (let i = 0, at = 0; i < batch.count; i++, at += VALUE_WORDS) {
      const tap = this.#byPoint.get(carrierOf(keys[i * keyWords + pointAt] ?? 0));
      if (tap === undefined) continue;
      const other = at + SIDE_WORDS;
      tap.addAttributed(
        (values[at + FRAMES_AT] ?? 0) + (values[other + FRAMES_AT] ?? 0),
        toNumber(values, at + BYTES_AT) + toNumber(values, other + BYTES_AT),
      );
    }
  }

  /** All flows of an interval were told. */
  intervalEnded(): void {
    this.points.intervalEnded((point) => {
      const tap = this.#byPoint.get(point);
      if (tap === undefined) return;
      const { frames, bytes } = tap.totals();
      this.#forgotten.frames += frames;
      this.#forgotten.bytes += bytes;
      this.#forgotten.afterLastRead += tap.framesAfterLastRead();
      this.#forgotten.lostCopies += tap.lostCopies();
      this.#byPoint.delete(point);
      tap.forget();
    });
  }

  totals(): FrameTotals {
    return {
      frames: this.#sum((tap) => tap.totals().frames, this.#forgotten.frames),
      bytes: this.#sum((tap) => tap.totals().bytes, this.#forgotten.bytes),
    };
  }

  lostCopies(): number {
    return this.#sum((tap) => tap.lostCopies(), this.#forgotten.lostCopies);
  }

  framesAfterLastRead(): number {
    return this.#sum((tap) => tap.framesAfterLastRead(), this.#forgotten.afterLastRead);
  }

  /** How many of a kind are observed now. */
  count(kind: TapKind): number {
    return this.#sum((tap) => (tap.kind === kind && !tap.hasLeft ? 1 : 0), 0);
  }

  async close(): Promise<void> {
    await Promise.all(Array.from(this.#byPoint.values(), (tap) => tap.close()));
  }

  #sum(read: (tap: InterfaceTap) => number, before: number): number {
    let sum = before;
    for (const tap of this.#byPoint.values()) sum += read(tap);
    return sum;
  }
}

/** A u64, exact up to 2^53. */
function toNumber(words: Uint32Array, at: number): number {
  return (words[at] ?? 0) + (words[at + 1] ?? 0) * 2 ** 32;
}
