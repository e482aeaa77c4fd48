import type { seededRandom } from './seeded-random.ts';

/** Values at which length and offset fields turn. */
const EDGES = [0, 1, 4, 5, 0x0f, 0x40, 0x45, 0x60, 0x7f, 0x80, 0xfe, 0xff];

/**
 * Changes a copy of known bytes a little, as a damaged file or a hostile sender would: bytes replaced, runs taken out,
 * doubled or taken from another seed, the end cut off. The copy is written over by the next call.
 */
export class ByteMutator {
  readonly #random: ReturnType<typeof seededRandom>;
  readonly #seeds: readonly Uint8Array[];
  readonly #buffer: Uint8Array;

  constructor(random: ReturnType<typeof seededRandom>, seeds: readonly Uint8Array[]) {
    this.#random = random;
    this.#seeds = seeds;
    this.#buffer = new Uint8Array(2 * Math.max(...seeds.map((seed) => seed.length)) + 64);
  }

  next(): Uint8Array {
    const random = this.#random;
    const seed = this.#pick();
    const buffer = this.#buffer;
    buffer.set(seed);
    let length = seed.length;
    for (let changes = random(6); changes > 0; changes--) length = this.#change(length);
    return buffer.subarray(0, length);
  }

  #pick(): Uint8Array {
    return this.#seeds[this.#random(this.#seeds.length)] as Uint8Array;
  }

  /** Returns the new length. */
  #change(length: number): number {
    const random = this.#random;
    const buffer = this.#buffer;
    const at = random(length + 1);
    const run = random(16);
    switch (random(8)) {
      case 0:
        return at;
      case 1:
        buffer.copyWithin(at, Math.min(at + run, length), length);
        return length - Math.min(run, length - at);
      case 2:
        if (length + run > buffer.length) return length;
        buffer.copyWithin(Math.min(at + run, buffer.length), at, length);
        return length + run;
      case 3:
        buffer.set(this.#pick().subarray(0, Math.max(0, length - at)), at);
        return length;
      case 4:
        if (at < length) buffer[at] = EDGES[random(EDGES.length)] as number;
        return length;
      case 5:
        if (at < length) buffer[at] = (buffer[at] as number) ^ (1 << random(8));
        return length;
      default:
        if (at < length) buffer[at] = random(256);
        return length;
    }
  }
}
