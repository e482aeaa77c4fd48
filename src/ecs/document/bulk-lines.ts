/** Bytes that the buffer has before the first document, and documents that the table of positions has room for. */
const INITIAL_BYTES = 64 * 1024;
const INITIAL_DOCUMENTS = 256;
/** Positions kept of each document: of its action line, and where its source begins and ends. */
const POSITIONS = 3;
const CLOSE_ACTION = '"}}\n';
const OPEN_ACTION = '{"create":{"_id":"';
const NEW_LINE = 0x0a;

/**
 * Documents as the lines of an Elasticsearch bulk body (`application/x-ndjson`), one after another in one buffer:
 *
 *     {"create":{"_id":"ID"}}\n
 *     {"@timestamp": …}\n
 *
 * with the position of each, so that a body can be split, and single documents sent again. Everything is ASCII: what is
 * not is escaped in the JSON text. `clear` makes it ready for the next batch and keeps its memory.
 */
export class BulkLines {
  #positions = new Uint32Array(INITIAL_DOCUMENTS * POSITIONS);
  #bytes: Buffer = Buffer.allocUnsafeSlow(INITIAL_BYTES);
  #byteCount = 0;
  #documentCount = 0;

  /** The whole buffer, of which the first `byteCount` bytes are the lines. Another one after `append` or `clear`. */
  get bytes(): Buffer {
    return this.#bytes;
  }

  get byteCount(): number {
    return this.#byteCount;
  }

  get documentCount(): number {
    return this.#documentCount;
  }

  /** Appends a document. Both texts must be ASCII, `id` fit to stand between quotes, `source` one line of JSON. */
  append(id: string, source: string): void {
    const action = OPEN_ACTION + id + CLOSE_ACTION;
    const start = this.#byteCount;
    const sourceStart = start + action.length;
    const sourceEnd = sourceStart + source.length;
    if (sourceEnd >= this.#bytes.length) this.#grow(sourceEnd + 1);
    this.#bytes.write(action + source, start, 'latin1');
    this.#bytes[sourceEnd] = NEW_LINE;
    this.#byteCount = sourceEnd + 1;
    this.#notePositions(start, sourceStart, sourceEnd);
  }

  /** `_id` of a document, counted from 0. */
  id(document: number): string {
    const start = this.start(document) + OPEN_ACTION.length;
    return this.#bytes.toString('latin1', start, this.sourceStart(document) - CLOSE_ACTION.length);
  }

  /** Where the document's action line begins: where the document before it ends. */
  start(document: number): number {
    return this.#positions[document * POSITIONS] ?? 0;
  }

  /** Where its JSON text begins. */
  sourceStart(document: number): number {
    return this.#positions[document * POSITIONS + 1] ?? 0;
  }

  /** Where its JSON text ends; the line's end follows. */
  sourceEnd(document: number): number {
    return this.#positions[document * POSITIONS + 2] ?? 0;
  }

  /** Where the document's lines end, line's end included: where the next one begins. */
  end(document: number): number {
    return this.sourceEnd(document) + 1;
  }

  /** JSON text of a document. */
  sourceText(document: number): string {
    return this.#bytes.toString('latin1', this.sourceStart(document), this.sourceEnd(document));
  }

  /** Forgets all documents. With `maxKeptBytes` a buffer that has grown beyond it is given up for a small one. */
  clear(maxKeptBytes = Number.POSITIVE_INFINITY): void {
    this.#documentCount = 0;
    this.#byteCount = 0;
    if (this.#bytes.length > maxKeptBytes) this.#bytes = Buffer.allocUnsafeSlow(INITIAL_BYTES);
  }

  #notePositions(start: number, sourceStart: number, sourceEnd: number): void {
    const at = this.#documentCount++ * POSITIONS;
    if (at === this.#positions.length) {
      const positions = new Uint32Array(at * 2);
      positions.set(this.#positions);
      this.#positions = positions;
    }
    this.#positions[at] = start;
    this.#positions[at + 1] = sourceStart;
    this.#positions[at + 2] = sourceEnd;
  }

  #grow(neededBytes: number): void {
    const bytes = Buffer.allocUnsafeSlow(Math.max(neededBytes, this.#bytes.length * 2));
    this.#bytes.copy(bytes, 0, 0, this.#byteCount);
    this.#bytes = bytes;
  }
}
