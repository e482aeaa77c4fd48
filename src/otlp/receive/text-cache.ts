import { isUtf8 } from 'node:buffer';
import { MOST_BYTES, TextSlots } from './text-slots.ts';

const WORD = 4;
/** Bits that no ASCII byte of a word has. */
const ASCII_MASK = 0x8080_8080;

/**
 * Texts by their bytes: the same bytes give the same string, without being decoded again. A slot for each hash, taken
 * by the newest text, so that it needs no clearing and stays of one size.
 */
export class TextCache {
  readonly #mask: number;
  readonly #slots: TextSlots;

  /** `slots` is a power of two. */
  constructor(slots: number) {
    this.#mask = slots - 1;
    this.#slots = new TextSlots(slots);
  }

  /** The text of these bytes; undefined when they are no UTF-8. `view` looks at the same bytes. */
  read(bytes: Buffer, view: DataView, start: number, length: number): string | undefined {
    if (length === 0) return '';
    if (length > MOST_BYTES) return decodeText(bytes, view, start, length);
    const slot = hash(view, start, length) & this.#mask;
    return this.#slots.find(slot, view, start, length) ?? this.#add(slot, bytes, view, start, length);
  }

  #add(slot: number, bytes: Buffer, view: DataView, start: number, length: number): string | undefined {
    const text = decodeText(bytes, view, start, length);
    if (text !== undefined) this.#slots.keep(slot, text, view, start, length);
    return text;
  }
}

/** First, middle and last four bytes tell texts apart: addresses by their ends, ids anywhere. */
function hash(view: DataView, start: number, length: number): number {
  if (length < WORD) return mix(hashShort(view, start, length));
  const first = view.getInt32(start, true);
  const middle = view.getInt32(start + ((length - WORD) >> 1), true);
  const last = view.getInt32(start + length - WORD, true);
  return mix(first ^ Math.imul(middle, 0x85eb_ca6b) ^ Math.imul(last, 0xc2b2_ae35) ^ length);
}

function hashShort(view: DataView, start: number, length: number): number {
  let sum = length;
  for (let i = 0; i < length; i++) sum = Math.imul(sum, 31) + view.getUint8(start + i);
  return sum;
}

function mix(bits: number): number {
  const mixed = Math.imul(bits ^ (bits >>> 15), 0x2c1b_3c6d);
  return mixed ^ (mixed >>> 13);
}

function isAscii(view: DataView, start: number, length: number): boolean {
  let seen = 0;
  let i = 0;
  for (; i + WORD <= length; i += WORD) seen |= view.getInt32(start + i, true);
  for (; i < length; i++) seen |= view.getUint8(start + i);
  return (seen & ASCII_MASK) === 0;
}

/** The text of these bytes; undefined when they are no UTF-8. `view` looks at the same bytes. */
export function decodeText(bytes: Buffer, view: DataView, start: number, length: number): string | undefined {
  // Latin-1 takes a fifth less than UTF-8, and needs no look for what is wrong.
  if (isAscii(view, start, length)) return bytes.toString('latin1', start, start + length);
  const text = bytes.toString('utf8', start, start + length);
  // Wrong bytes become U+FFFD, which may also stand in the text itself.
  if (!text.includes('\uFFFD') || isUtf8(bytes.subarray(start, start + length))) return text;
  return undefined;
}
