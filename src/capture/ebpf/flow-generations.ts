import { libc } from '../../lib/libc.ts';
import type { FlowDeltaBatch } from '../../model/flow-delta.ts';
import type { Family, FlowProgram } from './flow-program.ts';
import type { GenerationReader, ReadTotals } from './generation-reader.ts';

/**
 * The flow maps of one address family: the active one, in which the kernel counts, and the previous one, which it asks
 * for what a flow carries over. Each drain makes a new map active, so that the old one can be read while nothing
 * writes to it: no update is lost, and an empty interval costs nothing.
 */
export class FlowGenerations {
  readonly #program: FlowProgram;
  readonly #family: Family;
  #active: number;
  #previous: number | undefined;
  #insertedAtSwap = 0;

  private constructor(program: FlowProgram, family: Family, active: number) {
    this.#program = program;
    this.#family = family;
    this.#active = active;
  }

  /** Makes the first map and hands it to the kernel. */
  static async create(program: FlowProgram, family: Family): Promise<FlowGenerations> {
    const active = program.createGeneration(family);
    await program.installGenerations(family, active, undefined);
    return new FlowGenerations(program, family, active);
  }

  /** Flows in the active map. */
  get size(): number {
    return this.#program.inserted(this.#family) - this.#insertedAtSwap;
  }

  /** Swaps the maps and hands over all that was counted up to now. */
  async drain(
    reader: GenerationReader,
    clockOffsetNs: number,
    take: (batch: FlowDeltaBatch) => void,
  ): Promise<ReadTotals> {
    // Read before the swap: flows inserted meanwhile make the next drain look, which is harmless, never the reverse.
    const inserted = this.#program.inserted(this.#family);
    if (inserted === this.#insertedAtSwap) return { frames: 0, bytes: 0, records: 0 };
    const fresh = this.#program.createGeneration(this.#family);
    try {
      await this.#program.installGenerations(this.#family, fresh, this.#active);
    } catch (error) {
      libc.close(fresh);
      throw error;
    }
    if (this.#previous !== undefined) libc.close(this.#previous);
    this.#previous = this.#active;
    this.#active = fresh;
    this.#insertedAtSwap = inserted;
    return reader.read(this.#previous, this.#family, clockOffsetNs, take);
  }

  /** Reads the active map once the program runs no more. */
  async drainLast(
    reader: GenerationReader,
    clockOffsetNs: number,
    take: (batch: FlowDeltaBatch) => void,
  ): Promise<ReadTotals> {
    const totals = await reader.read(this.#active, this.#family, clockOffsetNs, take);
    for (const fd of [this.#active, this.#previous]) if (fd !== undefined) libc.close(fd);
    return totals;
  }
}
