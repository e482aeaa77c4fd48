import { KEY_BYTES, SIDE, SIDE_BYTES, VALUE_BYTES, type FlowDeltaBatch } from '../../model/flow-delta.ts';
import type { Family } from './flow-program.ts';
import type { Libbpf } from './libbpf.ts';
import { MapReader } from './map-reader.ts';

export interface ReadTotals {
  frames: number;
  bytes: number;
  records: number;
}

/** Reads a flow map that nothing writes to any more, batch by batch. */
export class GenerationReader {
  readonly #reader: MapReader;
  readonly #words: Uint32Array;

  constructor(libbpf: Libbpf) {
    this.#reader = new MapReader(libbpf, KEY_BYTES.ipv6, VALUE_BYTES);
    const { buffer, byteOffset, length } = this.#reader.values;
    this.#words = new Uint32Array(buffer, byteOffset, length / 4);
  }

  /**
   * Hands all entries of the map `fd` to `take`, giving the event loop a turn between batches.
   * @returns the sum of all frames and bytes handed over
   */
  async read(
    fd: number,
    family: Family,
    clockOffsetNs: number,
    take: (batch: FlowDeltaBatch) => void,
  ): Promise<ReadTotals> {
    const totals: ReadTotals = { frames: 0, bytes: 0, records: 0 };
    const { keys, values } = this.#reader;
    await this.#reader.read(fd, (count) => {
      this.#add(totals, count);
      take({
        family,
        count,
        clockOffsetNs,
        keys: keys.subarray(0, count * KEY_BYTES[family]),
        values: values.subarray(0, count * VALUE_BYTES),
      });
    });
    return totals;
  }

  #add(totals: ReadTotals, count: number): void {
    const words = this.#words;
    const sideWords = SIDE_BYTES / 4;
    for (let side = 0; side < count * 2; side++) {
      const at = side * sideWords;
      totals.frames += words[at + SIDE.frames / 4] ?? 0;
      totals.bytes += (words[at] ?? 0) + (words[at + 1] ?? 0) * 2 ** 32;
    }
    totals.records += count;
  }
}
