import { monotonicToWallOffsetNs } from '../../lib/clock.ts';
import type { FlowDeltaBatch } from '../../model/flow-delta.ts';
import type { FrameTotals } from '../missed-frames.ts';
import { FlowGenerations } from './flow-generations.ts';
import type { FlowProgram } from './flow-program.ts';
import { GenerationReader } from './generation-reader.ts';

/** Share of a map's entries at which it is drained before its interval ends. */
const EARLY_DRAIN_SHARE = 0.5;

/** Empties the flow maps of a program, both address families, and sums up what was in them. */
export class FlowDrain {
  readonly #generations: readonly FlowGenerations[];
  readonly #reader: GenerationReader;
  readonly #earlyEntries: number;
  readonly #attributed = { frames: 0, bytes: 0 };

  private constructor(program: FlowProgram, generations: readonly FlowGenerations[]) {
    this.#generations = generations;
    this.#reader = new GenerationReader(program.libbpf);
    this.#earlyEntries = program.mapEntries * EARLY_DRAIN_SHARE;
  }

  /** Makes the first maps and hands them to the kernel. */
  static async create(program: FlowProgram): Promise<FlowDrain> {
    const generations = [await FlowGenerations.create(program, 'ipv4'), await FlowGenerations.create(program, 'ipv6')];
    return new FlowDrain(program, generations);
  }

  /** All that was handed over. */
  get attributed(): FrameTotals {
    return this.#attributed;
  }

  /** Whether a map may be full before its interval ends. */
  get isFilling(): boolean {
    return this.#generations.some((generations) => generations.size >= this.#earlyEntries);
  }

  /** Swaps the maps and hands over all that was counted up to now. */
  async drain(take: (batch: FlowDeltaBatch) => void): Promise<void> {
    const offsetNs = monotonicToWallOffsetNs();
    for (const generations of this.#generations) this.#add(await generations.drain(this.#reader, offsetNs, take));
  }

  /** Hands over the rest and gives up the maps, once the program runs no more. */
  async drainLast(take: (batch: FlowDeltaBatch) => void): Promise<void> {
    const offsetNs = monotonicToWallOffsetNs();
    for (const generations of this.#generations) this.#add(await generations.drainLast(this.#reader, offsetNs, take));
  }

  #add(totals: FrameTotals): void {
    this.#attributed.frames += totals.frames;
    this.#attributed.bytes += totals.bytes;
  }
}
