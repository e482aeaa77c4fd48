import { isUtf8 } from 'node:buffer';

/** Longer texts are decoded each time. */
const MOST_BYTES = 32;
const WORD = 4;
/** Bits that no ASCII byte of a word has. */
const ASCII_MASK = 0x8080_8080;

/**
 * Texts by their bytes: the same bytes give the same string, without being decoded again. A slot for each hash, taken
 * by the newest text, so that it needs no clearing and stays of one size (some 100 bytes a slot).
 */
export class TextCache {
  readonly #mask: number;
  readonly #texts: (string | undefined)[];
  readonly #lengths: Uint8Array;
  readonly #kept: Buffer;
  readonly #keptView: DataView;

  /** `slots` is a power of two. */
  constructor(slots: number) {
    this.#mask = slots - 1;
    this.#texts = Array.from({ length: slots });
    this.#lengths = new Uint8Array(slots);
    this.#kept = Buffer.alloc(slots * MOST_BYTES);
    this.#keptView = new DataView(this.#kept.buffer, this.#kept.byteOffset, this.#kept.byteLength);
  }

  /** The text of these bytes; undefined when they are no UTF-8. `view` looks at the same bytes. */
  read(bytes: Buffer, view: DataView, start: number, length: number): string | undefined {
    if (length === 0) return '';
    if (length > MOST_BYTES) return decodeText(bytes, start, length);
    const slot = (length < WORD ? hashShort(bytes, start, length) : hashWords(view, start, length)) & this.#mask;
    if (this.#lengths[slot] === length && this.#holds(slot, bytes, view, start, length)) return this.#texts[slot];
    return this.#add(slot, bytes, view, start, length);
  }

  #add(slot: number, bytes: Buffer, view: DataView, start: number, length: number): string | undefined {
    // Latin-1 takes a fifth less than UTF-8, and needs no look for what is wrong.
    const text = isAscii(bytes, view, start, length)
      ? bytes.toString('latin1', start, start + length)
      : decodeText(bytes, start, length);
    if (text !== undefined) this.#keep(slot, text, bytes, view, start, length);
    return text;
  }

  #holds(slot: number, bytes: Buffer, view: DataView, start: number, length: number): boolean {
    const from = slot * MOST_BYTES;
    if (length < WORD) {
      for (let i = 0; i < length; i++) if (this.#kept[from + i] !== bytes[start + i]) return false;
      return true;
    }
    const kept = this.#keptView;
    // Texts of one kind differ towards their ends.
    const tail = length - WORD;
    if (kept.getInt32(from + tail, true) !== view.getInt32(start + tail, true)) return false;
    for (let i = 0; i < tail; i += WORD)
      if (kept.getInt32(from + i, true) !== view.getInt32(start + i, true)) return false;
    return true;
  }

  #keep(slot: number, text: string, bytes: Buffer, view: DataView, start: number, length: number): void {
    const from = slot * MOST_BYTES;
    const wholeBytes = length & ~(WORD - 1);
    for (let i = 0; i < wholeBytes; i += WORD) this.#keptView.setInt32(from + i, view.getInt32(start + i, true), true);
    for (let i = wholeBytes; i < length; i++) this.#kept[from + i] = bytes[start + i] as number;
    this.#lengths[slot] = length;
    this.#texts[slot] = text;
  }
}

function isAscii(bytes: Buffer, view: DataView, start: number, length: number): boolean {
  let seen = 0;
  let i = 0;
  for (; i + WORD <= length; i += WORD) seen |= view.getInt32(start + i, true);
  for (; i < length; i++) seen |= bytes[start + i] as number;
  return (seen & ASCII_MASK) === 0;
}

function hashShort(bytes: Buffer, start: number, length: number): number {
  let hash = length;
  for (let i = 0; i < length; i++) hash = Math.imul(hash, 31) + (bytes[start + i] as number);
  return mix(hash);
}

/** First, middle and last four bytes tell texts apart: addresses by their ends, ids anywhere. */
function hashWords(view: DataView, start: number, length: number): number {
  const first = view.getInt32(start, true);
  const middle = view.getInt32(start + ((length - WORD) >> 1));
  const last = view.getInt32(start + length - WORD, true);
  return mix(first ^ Math.imul(middle, 0x85eb_ca6b) ^ Math.imul(last, 0xc2b2_ae35) ^ length);
}

function mix(hash: number): number {
  const mixed = Math.imul(hash ^ (hash >>> 15), 0x2c1b_3c6d);
  return mixed ^ (mixed >>> 13);
}

/** Undefined when the bytes are no UTF-8. */
export function decodeText(bytes: Buffer, start: number, length: number): string | undefined {
  const text = bytes.toString('utf8', start, start + length);
  // Wrong bytes become U+FFFD, which may also stand in the text itself.
  if (!text.includes('\uFFFD') || isUtf8(bytes.subarray(start, start + length))) return text;
  return undefined;
}
