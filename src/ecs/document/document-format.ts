import type { Connection } from '../../model/connection.ts';
import { BulkLines } from './bulk-lines.ts';
import { DocumentEncoder } from './document-encoder.ts';

const KEPT_BYTES = 1024 * 1024;

/** Connections as ECS documents, one JSON object a line: the same text that Elasticsearch gets. */
export class DocumentFormat {
  readonly #encoder: DocumentEncoder;
  readonly #lines = new BulkLines();

  constructor(namespace: string) {
    this.#encoder = new DocumentEncoder({ namespace });
  }

  encode(batch: readonly Connection[]): string {
    this.#encoder.encode(batch, this.#lines);
    let text = '';
    for (let i = 0; i < this.#lines.documentCount; i++) text += `${this.#lines.sourceText(i)}\n`;
    this.#lines.clear(KEPT_BYTES);
    return text;
  }
}
