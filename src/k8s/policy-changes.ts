/** When what judgements are made of changed: as a whole, and for the pods of each namespace. */
export class PolicyChanges {
  /** Grows with every change. */
  revision = 0;
  /** The newest of them, milliseconds since the Unix epoch. */
  changedMs = -Infinity;
  readonly #graceMs: number;
  /** By namespace, the one noted last at the end. */
  readonly #namespaces = new Map<string, number>();
  /** The newest change that bears on all namespaces. */
  #everywhereMs = -Infinity;

  /** @param graceMs how long a change is remembered by namespace */
  constructor(graceMs: number) {
    this.#graceMs = graceMs;
  }

  namespaceChangedMs(namespaceName: string): number {
    return Math.max(this.#namespaces.get(namespaceName) ?? -Infinity, this.#everywhereMs);
  }

  /** @param timeMs since when it is otherwise, milliseconds since the Unix epoch */
  note(namespaceName: string, timeMs: number): void {
    this.#count(timeMs);
    const newestMs = Math.max(this.#namespaces.get(namespaceName) ?? -Infinity, timeMs);
    this.#namespaces.delete(namespaceName);
    this.#namespaces.set(namespaceName, newestMs);
    for (const [name, changedMs] of this.#namespaces) {
      if (this.changedMs - changedMs <= this.#graceMs || name === namespaceName) return;
      this.#namespaces.delete(name);
    }
  }

  noteEverywhere(timeMs: number): void {
    this.#count(timeMs);
    this.#everywhereMs = Math.max(this.#everywhereMs, timeMs);
  }

  #count(timeMs: number): void {
    this.revision++;
    this.changedMs = Math.max(this.changedMs, timeMs);
  }
}
