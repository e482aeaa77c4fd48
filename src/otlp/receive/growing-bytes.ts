import type { MemoryLease } from './memory-budget.ts';

const NOTHING = Buffer.alloc(0);

/** Bytes of unknown number in one buffer, whose room is charged to a lease. */
export class GrowingBytes {
  byteCount = 0;
  readonly #expectedBytes: number;
  readonly #mostBytes: number;
  readonly #lease: MemoryLease;
  #buffer: Buffer = NOTHING;

  /** The room doubles up to `expectedBytes`, which may be wrong, and beyond up to `mostBytes`. */
  constructor(expectedBytes: number, mostBytes: number, lease: MemoryLease) {
    this.#expectedBytes = expectedBytes;
    this.#mostBytes = mostBytes;
    this.#lease = lease;
  }

  /** Takes a chunk; gives why it cannot, else undefined. */
  append(chunk: Buffer): 'too_large' | 'starved' | undefined {
    const byteCount = this.byteCount + chunk.length;
    if (byteCount > this.#mostBytes) return 'too_large';
    if (byteCount > this.#buffer.length && !this.#grow(byteCount)) return 'starved';
    chunk.copy(this.#buffer, this.byteCount);
    this.byteCount = byteCount;
    return undefined;
  }

  /** What came so far; valid until the next `append`. */
  toBuffer(): Buffer {
    return this.#buffer.subarray(0, this.byteCount);
  }

  #grow(byteCount: number): boolean {
    const doubled = 2 * this.#buffer.length;
    const known = this.#expectedBytes >= byteCount ? Math.min(this.#expectedBytes, doubled) : doubled;
    const room = Math.min(this.#mostBytes, Math.max(byteCount, known));
    if (!this.#lease.grow(room)) return false;
    const grown = Buffer.allocUnsafeSlow(room);
    this.#buffer.copy(grown, 0, 0, this.byteCount);
    this.#lease.shrink(this.#buffer.length);
    this.#buffer = grown;
    return true;
  }
}
