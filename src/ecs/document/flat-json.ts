/**
 * The same text as one piece of one byte a character, for what is kept and written often: V8 keeps a concatenation as
 * a tree, and a part of a text that once had other characters at two bytes. The text must be ASCII.
 */
export function toFlatJson(text: string): string {
  return Buffer.from(text, 'latin1').toString('latin1');
}
