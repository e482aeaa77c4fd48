import { ROW_BYTES } from './row-layout.ts';

/** Rows are made in chunks of `CHUNK_ROWS`: a row is number `index & CHUNK_MASK` of chunk `index >>> CHUNK_SHIFT`. */
export const CHUNK_SHIFT = 13;
export const CHUNK_ROWS = 1 << CHUNK_SHIFT;
export const CHUNK_MASK = CHUNK_ROWS - 1;

/** The memory of `CHUNK_ROWS` rows. */
export interface RowChunk {
  readonly f64: Float64Array;
  readonly u32: Uint32Array;
  readonly u8: Uint8Array;
  /** `ROW_STATE` bits, one byte a row. */
  readonly states: Uint8Array;
  /** Texts made at the first report of a key; two addresses a row. */
  readonly communityIds: (string | undefined)[];
  readonly addresses: (string | undefined)[];
}

/** Makes the memory of a chunk; its pages cost nothing until they are written. */
export function createRowChunk(): RowChunk {
  const buffer = new ArrayBuffer(CHUNK_ROWS * ROW_BYTES);
  return {
    f64: new Float64Array(buffer),
    u32: new Uint32Array(buffer),
    u8: new Uint8Array(buffer),
    states: new Uint8Array(CHUNK_ROWS),
    communityIds: Array.from<string | undefined>({ length: CHUNK_ROWS }),
    addresses: Array.from<string | undefined>({ length: 2 * CHUNK_ROWS }),
  };
}
