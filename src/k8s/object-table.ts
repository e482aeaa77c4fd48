import type { FieldReader } from './field-reader.ts';
import type { ObjectIdentity } from './kubernetes-object.ts';
import type { ObjectChange } from './name-feed.ts';
import type { SharedValues } from './shared-values.ts';
import type { Trim } from './trim-metadata.ts';

/** What is kept of an object. */
export interface Tracked {
  /** The replacing round that named it last. */
  round: number;
}

/** Takes in and gives up what is told of one kind of objects. */
export interface Registry<Facts extends ObjectIdentity, Entry extends Tracked> {
  /** @param known what is kept of the object already */
  tell(facts: Facts, nowMs: number, known: Entry | undefined): Entry;
  /** @param facts the last that were told of it; undefined when it was merely not named again */
  forget(entry: Entry, nowMs: number, facts: Facts | undefined): void;
}

/** The objects of one kind that are there, and the rounds in which a list takes their place. */
export class ObjectTable<Facts extends ObjectIdentity, Entry extends Tracked> {
  readonly #trim: Trim<Facts>;
  readonly #registry: Registry<Facts, Entry>;
  readonly #toKey: (facts: Facts) => string;
  readonly #entries = new Map<string, Entry>();
  #round = 0;
  #isReplacing = false;

  /** @param toKey tells objects apart */
  constructor(trim: Trim<Facts>, registry: Registry<Facts, Entry>, toKey: (facts: Facts) => string = toFullName) {
    this.#trim = trim;
    this.#registry = registry;
    this.#toKey = toKey;
  }

  get size(): number {
    return this.#entries.size;
  }

  /** What is kept of those that are there. */
  values(): IterableIterator<Entry> {
    return this.#entries.values();
  }

  apply(change: ObjectChange, object: unknown, reader: FieldReader, shared: SharedValues, nowMs: number): void {
    const facts = this.#trim(object, reader, shared);
    if (facts === undefined) return;
    const key = this.#toKey(facts);
    const known = this.#entries.get(key);
    if (change === 'DELETED') {
      if (known !== undefined) this.#forget(key, known, facts, nowMs);
      return;
    }
    const entry = this.#registry.tell(facts, nowMs, known);
    entry.round = this.#round;
    if (entry !== known) this.#entries.set(key, entry);
  }

  beginReplace(): void {
    this.#round++;
    this.#isReplacing = true;
  }

  endReplace(nowMs: number): void {
    if (!this.#isReplacing) return;
    this.#isReplacing = false;
    for (const [key, entry] of this.#entries)
      if (entry.round !== this.#round) this.#forget(key, entry, undefined, nowMs);
  }

  #forget(key: string, entry: Entry, facts: Facts | undefined, nowMs: number): void {
    this.#entries.delete(key);
    this.#registry.forget(entry, nowMs, facts);
  }
}

export function toFullName({ namespaceName, name }: ObjectIdentity): string {
  return `${namespaceName}/${name}`;
}
