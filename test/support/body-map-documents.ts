import type { AnyValue, KeyValue, LogsRequest } from './otlp-decoder.ts';

/** A document as it would be stored. */
export interface StoredDocument {
  readonly index: string;
  readonly id: string;
  readonly document: unknown;
}

/**
 * What the Collector's Elasticsearch exporter makes of a request in the mapping mode `bodymap`, by its documentation: the
 * body as it is, under the id and in the data stream that the record's attributes name. Throws where it would give a
 * record up.
 */
export function readBodyMapDocuments({ resourceLogs = [] }: LogsRequest): StoredDocument[] {
  return resourceLogs.flatMap(({ scopeLogs = [] }) =>
    scopeLogs.flatMap(({ scope, logRecords = [] }) => {
      const mode = toPlainMap((scope as { attributes?: KeyValue[] } | undefined)?.attributes)['elastic.mapping.mode'];
      if (mode !== 'bodymap') throw new Error(`mapping mode ${String(mode)}`);
      return logRecords.map(toDocument);
    }),
  );
}

function toDocument(record: { attributes?: KeyValue[]; body?: AnyValue }): StoredDocument {
  if (record.body?.kvlistValue === undefined) throw new Error('the body is no map');
  const attributes = toPlainMap(record.attributes);
  const index = ['type', 'dataset', 'namespace'].map((name) => String(attributes[`data_stream.${name}`])).join('-');
  return { index, id: String(attributes['elasticsearch.document_id']), document: toPlainJson(record.body) };
}

/** Values as JSON has them, null for an empty one. */
export function toPlainJson(value: AnyValue | undefined): unknown {
  if (value?.kvlistValue !== undefined) return toPlainMap(value.kvlistValue.values);
  if (value?.arrayValue !== undefined) return (value.arrayValue.values ?? []).map(toPlainJson);
  if (value?.intValue !== undefined) return Number(value.intValue);
  return value?.stringValue ?? value?.boolValue ?? value?.doubleValue ?? null;
}

export function toPlainMap(values: readonly KeyValue[] = []): Record<string, unknown> {
  return Object.fromEntries(values.map(({ key, value }) => [key, toPlainJson(value)]));
}
