import ipaddr from 'ipaddr.js';

/** Parsed texts in a generation; two are kept. */
const GENERATION_TEXTS = 4_096;

/**
 * Parses address texts into big-endian words: IPv4 by hand, IPv6 by the library and remembered, in two generations: a
 * full one becomes the old one, and of that only what is asked for again goes on.
 */
export class AddressParser {
  #young = new Map<string, Uint32Array>();
  #old = new Map<string, Uint32Array>();

  /** Writes 1 (IPv4) or 4 words (IPv6) at `at`; false when the text is no address of that family. */
  parse(text: string, isIpv6: boolean, target: Uint32Array, at: number): boolean {
    if (isIpv6) return this.#parseIpv6(text, target, at);
    const value = parseIpv4(text);
    if (value === -1) return false;
    target[at] = value;
    return true;
  }

  #parseIpv6(text: string, target: Uint32Array, at: number): boolean {
    const words = this.#young.get(text) ?? this.#remember(text, this.#old.get(text) ?? parseIpv6(text));
    if (words === undefined) return false;
    target.set(words, at);
    return true;
  }

  #remember(text: string, words: Uint32Array | undefined): Uint32Array | undefined {
    if (words === undefined) return undefined;
    if (this.#young.size === GENERATION_TEXTS) {
      this.#old = this.#young;
      this.#young = new Map();
    }
    this.#young.set(text, words);
    return words;
  }
}

/** Value of a dotted quad, or -1. */
function parseIpv4(text: string): number {
  let value = 0;
  let part = -1;
  let dots = 0;
  for (let at = 0; at < text.length; at++) {
    const code = text.charCodeAt(at);
    if (code === 0x2e) {
      if (part === -1 || ++dots > 3) return -1;
      value = value * 256 + part;
      part = -1;
    } else if (code >= 0x30 && code <= 0x39) {
      // A zero in front would be octal to some readers.
      if (part === 0) return -1;
      part = part === -1 ? code - 0x30 : part * 10 + code - 0x30;
      if (part > 255) return -1;
    } else return -1;
  }
  return dots === 3 && part !== -1 ? value * 256 + part : -1;
}

/** Four words, or undefined; a zone index (`%eth0`) is not part of what is on the wire. */
function parseIpv6(text: string): Uint32Array | undefined {
  if (text.includes('%') || !ipaddr.IPv6.isValid(text)) return undefined;
  const { parts } = ipaddr.IPv6.parse(text);
  return Uint32Array.from({ length: 4 }, (_, word) => ((parts[2 * word] ?? 0) << 16) | (parts[2 * word + 1] ?? 0));
}
