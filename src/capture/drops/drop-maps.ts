import { libc } from '../../lib/libc.ts';
import { MapReader } from '../ebpf/map-reader.ts';
import { DROP_KEY_BYTES, DROP_VALUE_BYTES } from './drop-layout.ts';
import type { DropProgram } from './drop-program.ts';

/** Takes `count` entries out of the buffers, during the call. */
export type TakeDrops = (keys: Buffer, values: Buffer, count: number) => void;

/** The map that the program counts into. A drain puts an empty one in its place and reads it at leisure. */
export class DropMaps {
  readonly #program: DropProgram;
  readonly #reader: MapReader;
  #active: number;
  #insertedAtSwap = 0;

  private constructor(program: DropProgram, active: number) {
    this.#program = program;
    this.#active = active;
    this.#reader = new MapReader(program.libbpf, DROP_KEY_BYTES, DROP_VALUE_BYTES);
  }

  static async create(program: DropProgram): Promise<DropMaps> {
    const active = program.createMap();
    await program.install(active);
    return new DropMaps(program, active);
  }

  /** Entries made since the last drain. */
  get size(): number {
    return this.#program.inserted - this.#insertedAtSwap;
  }

  /** Swaps the maps and hands over all that was counted up to now. Without drops it costs nothing. */
  async drain(take: TakeDrops): Promise<void> {
    // Read before the swap: entries made meanwhile make the next drain look, which is harmless, never the reverse.
    const { inserted } = this.#program;
    if (inserted === this.#insertedAtSwap) return;
    const fresh = this.#program.createMap();
    const full = this.#active;
    try {
      await this.#program.install(fresh);
    } catch (error) {
      libc.close(fresh);
      throw error;
    }
    this.#active = fresh;
    this.#insertedAtSwap = inserted;
    try {
      await this.#reader.read(full, (count) => take(this.#reader.keys, this.#reader.values, count));
    } finally {
      libc.close(full);
    }
  }

  close(): void {
    libc.close(this.#active);
  }
}
