/**
 * What was made of a key, kept as long as it is in use. Bounded by two generations: a full one becomes the old one, and
 * of that only what is asked for again goes on. Not weak: ephemerons slow the garbage collector.
 */
export class GenerationCache<Key, Value> {
  readonly #create: (key: Key) => Value;
  readonly #generationSize: number;
  #young = new Map<Key, Value>();
  #old = new Map<Key, Value>();

  /** @param generationSize entries of a generation; two are kept */
  constructor(generationSize: number, create: (key: Key) => Value) {
    this.#generationSize = generationSize;
    this.#create = create;
  }

  get(key: Key): Value {
    const known = this.#young.get(key);
    return known === undefined ? this.#renew(key) : known;
  }

  #renew(key: Key): Value {
    const value = this.#old.get(key) ?? this.#create(key);
    if (this.#young.size >= this.#generationSize) {
      this.#old = this.#young;
      this.#young = new Map();
    }
    this.#young.set(key, value);
    return value;
  }
}
