/**
 * Ids of documents that were stored, or may have been, by batches that had to be answered "later" as a whole. When such a
 * batch comes again, the server calls them duplicates; yet nobody was told of them, so they count as new, once.
 * Bounded: the oldest are forgotten, and then count as stored by somebody else.
 */
export class StoredUntold {
  readonly #limit: number;
  readonly #ids = new Set<string>();

  constructor(limit: number) {
    this.#limit = limit;
  }

  get size(): number {
    return this.#ids.size;
  }

  add(id: string): void {
    if (this.#ids.size >= this.#limit) {
      for (const oldest of this.#ids) {
        this.#ids.delete(oldest);
        break;
      }
    }
    this.#ids.add(id);
  }

  /** Whether the id was there; it is not any more. */
  take(id: string): boolean {
    return this.#ids.size > 0 && this.#ids.delete(id);
  }
}
