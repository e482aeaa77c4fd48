const SCRATCH = Buffer.alloc(256);

/**
 * The same text as one piece. V8 keeps a concatenation as a tree of its parts, which takes twice the memory and is
 * slower to read; worth a copy for what is kept. Latin-1 of at most 256 characters.
 */
export function toFlatText(text: string): string {
  return SCRATCH.toString('latin1', 0, SCRATCH.write(text, 'latin1'));
}
