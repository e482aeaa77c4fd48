import type { Resource } from '../../model/resource.ts';

const MOST_ENTRIES = 1024;
/** A larger resource is decoded each time. */
const MOST_BYTES = 4096;

/** Resources by the bytes that they were decoded from: a probe sends the same one with each request. */
export class ResourceCache {
  readonly #resources = new Map<string, Resource>();

  /** Gives the resource of these bytes, decoding it the first time. */
  get(bytes: Buffer, decode: (bytes: Buffer) => Resource): Resource {
    if (bytes.length > MOST_BYTES) return decode(bytes);
    const key = bytes.toString('latin1');
    const known = this.#resources.get(key);
    if (known !== undefined) return known;
    const resource = decode(bytes);
    if (this.#resources.size >= MOST_ENTRIES) this.#resources.clear();
    this.#resources.set(key, resource);
    return resource;
  }
}
