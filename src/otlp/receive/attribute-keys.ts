import { FLOW_ATTRIBUTES } from '../../model/flow-attributes.ts';

const WORD = 8;

/**
 * Finds known attributes by the bytes of their names. Records of one sender name them in the same order, so the one
 * that followed last time is tried first; the others of that length come after.
 */
export class AttributeKeys {
  readonly #words: readonly Float64Array[];
  readonly #names: readonly Buffer[];
  readonly #lengths: Uint8Array;
  readonly #byLength: (readonly number[] | undefined)[] = [];
  /** What followed each attribute last; the last place is for what stands first in a record. */
  readonly #successors: Int16Array;
  #last: number;

  constructor() {
    const names = FLOW_ATTRIBUTES.map(({ name }) => Buffer.from(name));
    this.#names = names;
    this.#words = names.map(toWords);
    this.#lengths = Uint8Array.from(names, ({ length }) => length);
    for (const [index, { length }] of names.entries())
      this.#byLength[length] = [...(this.#byLength[length] ?? []), index];
    this.#successors = new Int16Array(names.length + 1);
    this.#last = names.length;
  }

  /** A record begins. */
  restart(): void {
    this.#last = this.#words.length;
  }

  /** Index in FLOW_ATTRIBUTES of the attribute with this name; -1 when there is none. */
  find(view: DataView, start: number, length: number): number {
    const expected = this.#successors[this.#last] as number;
    return this.#is(expected, view, start, length) ? (this.#last = expected) : this.#search(view, start, length);
  }

  #search(view: DataView, start: number, length: number): number {
    const candidates = this.#byLength[length];
    if (candidates === undefined) return -1;
    for (const index of candidates) {
      if (!this.#is(index, view, start, length)) continue;
      this.#successors[this.#last] = index;
      return (this.#last = index);
    }
    return -1;
  }

  #is(index: number, view: DataView, start: number, length: number): boolean {
    if (this.#lengths[index] !== length) return false;
    if (length < WORD) return this.#isShort(index, view, start, length);
    const words = this.#words[index] as Float64Array;
    // From the end: names share their beginnings.
    let at = start + length - WORD;
    for (let i = 0; i < words.length; i++, at -= WORD)
      if (view.getFloat64(at > start ? at : start, true) !== words[i]) return false;
    return true;
  }

  #isShort(index: number, view: DataView, start: number, length: number): boolean {
    const name = this.#names[index] as Buffer;
    for (let i = 0; i < length; i++) if (view.getUint8(start + i) !== name[i]) return false;
    return true;
  }
}

/**
 * The name from its end in words, the last of which begins with the name and may overlap. Eight bytes as a double are
 * compared at once and exactly: no ASCII text is one of the doubles that equal another (0) or not themselves (NaN).
 */
function toWords(name: Buffer): Float64Array {
  const count = name.length < WORD ? 0 : Math.ceil(name.length / WORD);
  return Float64Array.from({ length: count }, (_, i) => name.readDoubleLE(Math.max(0, name.length - WORD * (i + 1))));
}
