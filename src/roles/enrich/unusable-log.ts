import type { UnusableObject } from '../../k8s/name-index.ts';
import type { Log } from '../../model/log.ts';

/** Objects that are remembered as told; then it begins anew. */
const MOST_TOLD = 1_000;

/** Tells each object that cannot be used in full once, however often the API server sends it. */
export class UnusableLog {
  readonly #log: Log;
  readonly #told = new Set<string>();

  constructor(log: Log) {
    this.#log = log;
  }

  tell(object: UnusableObject): void {
    const key = `${object.kind} ${object.name} ${object.field}`;
    if (this.#told.has(key)) return;
    if (this.#told.size >= MOST_TOLD) this.#told.clear();
    this.#told.add(key);
    const effect = object.kind === 'NetworkPolicy' ? 'it judges nothing' : 'the rest of it is used';
    this.#log.warn({ ...object }, `A Kubernetes object has a field that is missing or of another form: ${effect}`);
  }
}
