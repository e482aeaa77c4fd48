import { setImmediate as nextTurn } from 'node:timers/promises';
import { ERRNO } from '../../lib/libc.ts';
import { PodflowError } from '../../lib/podflow-error.ts';
import { KEY_BYTES, SIDE, SIDE_BYTES, VALUE_BYTES, type FlowDeltaBatch } from '../../model/flow-delta.ts';
import type { Family } from './flow-program.ts';
import type { Libbpf } from './libbpf.ts';

/** Records a call: about 1 ms of kernel time, so that the event loop is not held. */
const BATCH_RECORDS = 2048;

export interface ReadTotals {
  frames: number;
  bytes: number;
  records: number;
}

/** Reads a flow map that nothing writes to any more, batch by batch. */
export class GenerationReader {
  readonly #libbpf: Libbpf;
  readonly #keys = Buffer.allocUnsafeSlow(BATCH_RECORDS * KEY_BYTES.ipv6);
  readonly #values = Buffer.allocUnsafeSlow(BATCH_RECORDS * VALUE_BYTES);
  readonly #words = new Uint32Array(this.#values.buffer, this.#values.byteOffset, this.#values.length / 4);
  readonly #count = new Uint32Array(Buffer.allocUnsafeSlow(128).buffer, 0, 1);
  readonly #cursor = Buffer.allocUnsafeSlow(128);

  constructor(libbpf: Libbpf) {
    this.#libbpf = libbpf;
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
    let isFirst = true;
    for (;;) {
      this.#count[0] = BATCH_RECORDS;
      const result = this.#libbpf.mapLookupBatch(
        fd,
        isFirst ? null : this.#cursor,
        this.#cursor,
        this.#keys,
        this.#values,
        this.#count,
        null,
      ) as number;
      if (result < 0 && result !== -ERRNO.ENOENT)
        throw new PodflowError('SYSTEM_CALL_FAILED', {
          call: 'bpf_map_lookup_batch',
          errno: `errno ${-result}`,
          hint: 'See the kernel log.',
        });
      const count = this.#count[0];
      if (count > 0) {
        this.#add(totals, count);
        take({
          family,
          count,
          clockOffsetNs,
          keys: this.#keys.subarray(0, count * KEY_BYTES[family]),
          values: this.#values.subarray(0, count * VALUE_BYTES),
        });
      }
      if (result !== 0) return totals;
      isFirst = false;
      await nextTurn();
    }
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
