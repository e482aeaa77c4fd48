import { BulkLines } from '../../src/ecs/document/bulk-lines.ts';
import { DocumentEncoder } from '../../src/ecs/document/document-encoder.ts';
import type { DocumentOptions } from '../../src/ecs/document/document-options.ts';
import type { Connection } from '../../src/model/connection.ts';

/** The documents of connections, parsed. */
export function encodeDocuments(
  connections: readonly Connection[],
  options: Partial<DocumentOptions> = {},
): Record<string, unknown>[] {
  const lines = new BulkLines();
  new DocumentEncoder(options).encode(connections, lines);
  return connections.map((_, index) => JSON.parse(lines.sourceText(index)) as Record<string, unknown>);
}
