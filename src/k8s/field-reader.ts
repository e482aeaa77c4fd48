import { toCanonicalAddress } from './canonical-address.ts';
import type { Labels } from '../model/network-policy.ts';

export type JsonObject = Readonly<Record<string, unknown>>;

const NONE: readonly never[] = [];

/**
 * Reads fields out of JSON that may be anything. A field that is absent, `null` or empty is `undefined`; one of another
 * form than the API's is so too, and is noted as a fault. Paths are those of the fields, `[]` for the items of a
 * list, or `[2]` where each is looked at by itself.
 */
export class FieldReader {
  /** The first field since `reset` that could not be used. */
  fault: string | undefined;

  reset(): void {
    this.fault = undefined;
  }

  note(path: string): undefined {
    this.fault ??= path;
    return undefined;
  }

  object(value: unknown, path: string): JsonObject | undefined {
    if (value === undefined || value === null) return undefined;
    return typeof value === 'object' && !Array.isArray(value) ? (value as JsonObject) : this.note(path);
  }

  /** The objects of a list; other items are left out. */
  objects(value: unknown, path: string): JsonObject[] {
    const objects: JsonObject[] = [];
    for (const item of this.#list(value, path)) {
      const object = this.object(item ?? false, `${path}[]`);
      if (object !== undefined) objects.push(object);
    }
    return objects;
  }

  /** What is made of the items of a list; each is told its own path, such as `spec.ingress[2]`. */
  each<Item>(value: unknown, path: string, toItem: (item: unknown, itemPath: string) => Item | undefined): Item[] {
    return this.#list(value, path).flatMap((item, i) => toItem(item, `${path}[${i}]`) ?? NONE);
  }

  text(value: unknown, path: string): string | undefined {
    if (value === undefined || value === null || value === '') return undefined;
    return typeof value === 'string' ? value : this.note(path);
  }

  texts(value: unknown, path: string): string[] {
    const texts: string[] = [];
    for (const item of this.#list(value, path)) {
      const text = this.text(item ?? false, `${path}[]`);
      if (text !== undefined) texts.push(text);
    }
    return texts;
  }

  flag(value: unknown, path: string): boolean {
    if (value === undefined || value === null || typeof value === 'boolean') return value === true;
    this.note(path);
    return false;
  }

  /** A port number; 0 is taken for an absent one, as the API's defaults do. */
  port(value: unknown, path: string): number | undefined {
    if (value === undefined || value === null || value === 0) return undefined;
    const isPort = typeof value === 'number' && Number.isInteger(value) && value > 0 && value < 65_536;
    return isPort ? value : this.note(path);
  }

  /** Milliseconds since the Unix epoch of an RFC 3339 time. */
  timeMs(value: unknown, path: string): number | undefined {
    const text = this.text(value, path);
    if (text === undefined) return undefined;
    const timeMs = Date.parse(text);
    return Number.isNaN(timeMs) ? this.note(path) : timeMs;
  }

  /** An address in canonical form. */
  address(value: unknown, path: string): string | undefined {
    const text = this.text(value, path);
    return text === undefined ? undefined : (toCanonicalAddress(text) ?? this.note(path));
  }

  addresses(value: unknown, path: string): string[] {
    return this.texts(value, path).flatMap((text) => this.address(text, `${path}[]`) ?? NONE);
  }

  labels(value: unknown, path: string): Labels | undefined {
    const object = this.object(value, path);
    if (object === undefined) return undefined;
    const entries = Object.entries(object).filter(([, text]) => typeof text === 'string' || this.note(path));
    return entries.length === 0 ? undefined : (Object.fromEntries(entries) as Labels);
  }

  #list(value: unknown, path: string): readonly unknown[] {
    if (value === undefined || value === null) return NONE;
    if (Array.isArray(value)) return value;
    this.note(path);
    return NONE;
  }
}
