import { DocumentFormat } from '../../ecs/document/document-format.ts';
import { encodeConnectionJson } from '../../lib/connection-json.ts';
import type { Connection } from '../../model/connection.ts';
import type { RecordFormat } from '../../output/record-format.ts';

const NDJSON: RecordFormat<Connection> = {
  encode: (batch) => batch.map((connection) => `${encodeConnectionJson(connection)}\n`).join(''),
};

/** How `--documents` writes connections. @param namespace data stream of ECS documents */
export function createConnectionFormat(form: 'ndjson' | 'ecs', namespace: string): RecordFormat<Connection> {
  return form === 'ecs' ? new DocumentFormat(namespace) : NDJSON;
}
