/** Printable ASCII without the quotation mark and the backslash: what stands in JSON as it is. */
const PLAIN = /^[ !#-[\]-~]*$/;
const ESCAPES: Readonly<Record<number, string>> = {
  0x08: '\\b',
  0x09: '\\t',
  0x0a: '\\n',
  0x0c: '\\f',
  0x0d: '\\r',
  0x22: '\\"',
  0x5c: '\\\\',
};
const REPLACEMENT = '\\ufffd';

/**
 * A text as JSON (RFC 8259 §7), quotation marks included, in ASCII: all else is escaped, so that a document's
 * characters are its bytes. A surrogate without its other half, which is no text, becomes U+FFFD.
 */
export function toJsonText(text: string): string {
  return PLAIN.test(text) ? `"${text}"` : `"${escape(text)}"`;
}

function escape(text: string): string {
  let escaped = '';
  for (let i = 0; i < text.length; i++) {
    const unit = text.charCodeAt(i);
    if (unit >= 0xd800 && unit <= 0xdfff) {
      const isPair = unit < 0xdc00 && isLowSurrogate(text.charCodeAt(i + 1));
      escaped += isPair ? toEscape(unit) + toEscape(text.charCodeAt(++i)) : REPLACEMENT;
    } else {
      const isPlain = unit >= 0x20 && unit < 0x7f && unit !== 0x22 && unit !== 0x5c;
      escaped += isPlain ? String.fromCharCode(unit) : (ESCAPES[unit] ?? toEscape(unit));
    }
  }
  return escaped;
}

function isLowSurrogate(unit: number): boolean {
  return unit >= 0xdc00 && unit <= 0xdfff;
}

function toEscape(unit: number): string {
  return `\\u${unit.toString(16).padStart(4, '0')}`;
}
