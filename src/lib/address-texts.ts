import { toAddressText } from './address-text.ts';
import { toFlatText } from './to-flat-text.ts';

/** Texts in a generation; two are kept. */
const GENERATION_TEXTS = 8_192;

/**
 * Texts of addresses, made once as long as they are in use. Bounded by two generations: a full one becomes the old
 * one, and of that only what is asked for again goes on.
 */
export class AddressTexts {
  #young = new Map<number | string, string>();
  #old = new Map<number | string, string>();

  /** Text of an address of 4 or 16 bytes in network order. */
  toText(bytes: Uint8Array): string {
    const key = toKey(bytes);
    const known = this.#young.get(key);
    if (known !== undefined) return known;
    const text = this.#old.get(key) ?? toFlatText(toAddressText(bytes));
    if (this.#young.size === GENERATION_TEXTS) {
      this.#old = this.#young;
      this.#young = new Map();
    }
    this.#young.set(key, text);
    return text;
  }
}

function toKey(bytes: Uint8Array): number | string {
  if (bytes.length === 4) return (bytes[0]! << 24) | (bytes[1]! << 16) | (bytes[2]! << 8) | bytes[3]!;
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString('latin1');
}
