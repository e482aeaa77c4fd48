/** Texts of more bytes are not kept. */
export const MOST_BYTES = 32;
const WORD = 4;

/** Places for texts with the bytes that they were decoded from, by which they are known again. */
export class TextSlots {
  readonly #texts: (string | undefined)[];
  readonly #lengths: Uint8Array;
  readonly #bytes: DataView;

  /** Some 100 bytes of memory a slot. */
  constructor(slots: number) {
    this.#texts = Array.from({ length: slots });
    this.#lengths = new Uint8Array(slots);
    this.#bytes = new DataView(new ArrayBuffer(slots * MOST_BYTES));
  }

  /** The slot's text when it is that of these bytes, of which there is at least one; else undefined. */
  find(slot: number, view: DataView, start: number, length: number): string | undefined {
    if (this.#lengths[slot] !== length) return undefined;
    const kept = this.#bytes;
    const from = slot * MOST_BYTES;
    let at = length - WORD;
    // From the end: texts of one kind differ there.
    for (; at >= 0; at -= WORD)
      if (kept.getInt32(from + at, true) !== view.getInt32(start + at, true)) return undefined;
    for (at += WORD - 1; at >= 0; at--) if (kept.getUint8(from + at) !== view.getUint8(start + at)) return undefined;
    return this.#texts[slot];
  }

  /** Puts a text of at most `MOST_BYTES` bytes in place of the slot's. */
  keep(slot: number, text: string, view: DataView, start: number, length: number): void {
    const from = slot * MOST_BYTES;
    let at = 0;
    for (; at + WORD <= length; at += WORD) this.#bytes.setInt32(from + at, view.getInt32(start + at));
    for (; at < length; at++) this.#bytes.setUint8(from + at, view.getUint8(start + at));
    this.#lengths[slot] = length;
    this.#texts[slot] = text;
  }
}
