import { setImmediate as nextTurn } from 'node:timers/promises';
import { ERRNO } from '../../lib/libc.ts';
import { PodflowError } from '../../lib/podflow-error.ts';
import type { Libbpf } from './libbpf.ts';

/** Records a call: about 1 ms of kernel time, so that the event loop is not held. */
const BATCH_RECORDS = 2048;

/** Reads hash maps that nothing writes to any more, batch by batch, into buffers of its own. */
export class MapReader {
  readonly keys: Buffer;
  readonly values: Buffer;
  readonly #libbpf: Libbpf;
  readonly #count = new Uint32Array(Buffer.allocUnsafeSlow(128).buffer, 0, 1);
  readonly #cursor = Buffer.allocUnsafeSlow(128);

  /** @param keyBytes of the map with the longest keys, and of a value of any */
  constructor(libbpf: Libbpf, keyBytes: number, valueBytes: number) {
    this.#libbpf = libbpf;
    this.keys = Buffer.allocUnsafeSlow(BATCH_RECORDS * keyBytes);
    this.values = Buffer.allocUnsafeSlow(BATCH_RECORDS * valueBytes);
  }

  /** Has `take` read each batch out of `keys` and `values`; the event loop gets its turn between two. */
  async read(fd: number, take: (count: number) => void): Promise<void> {
    for (let isFirst = true; ; isFirst = false) {
      this.#count[0] = BATCH_RECORDS;
      const start = isFirst ? null : this.#cursor;
      const { mapLookupBatch } = this.#libbpf;
      const result = mapLookupBatch(fd, start, this.#cursor, this.keys, this.values, this.#count, null) as number;
      if (result < 0 && result !== -ERRNO.ENOENT)
        throw new PodflowError('SYSTEM_CALL_FAILED', {
          call: 'bpf_map_lookup_batch',
          errno: `errno ${-result}`,
          hint: 'See the kernel log.',
        });
      if (this.#count[0] > 0) take(this.#count[0]);
      if (result !== 0) return;
      await nextTurn();
    }
  }
}
