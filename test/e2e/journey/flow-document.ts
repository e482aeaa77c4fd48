import type { ElasticsearchServer } from '../elasticsearch/start-elasticsearch.ts';

export const DATA_STREAM = 'logs-podflow.flow-default';

/** A document as it was stored, and its fields by their full names. */
export interface FlowDocument {
  readonly id: string;
  readonly source: object;
  readonly fields: ReadonlyMap<string, unknown>;
}

/** What a search can give at once; the journey makes some 3,000. */
const MOST_DOCUMENTS = 10_000;

/** All documents of the data stream. */
export async function readDocuments({ admin }: ElasticsearchServer): Promise<FlowDocument[]> {
  await admin('POST', `/${DATA_STREAM}/_refresh`);
  const { json } = await admin('POST', `/${DATA_STREAM}/_search`, { size: MOST_DOCUMENTS, track_total_hits: true });
  const { hits } = json as { hits: { total: { value: number }; hits: readonly { _id: string; _source: object }[] } };
  if (hits.total.value > hits.hits.length) throw new Error(`${hits.total.value} documents are too many for a search`);
  return hits.hits.map(({ _id: id, _source: source }) => ({ id, source, fields: new Map(listFields(source, '')) }));
}

/** Documents in the failure store. */
export async function countFailures({ admin }: ElasticsearchServer): Promise<number> {
  const { status, json } = await admin('POST', `/${encodeURIComponent(`${DATA_STREAM}::failures`)}/_count`);
  if (status !== 200) throw new Error(`the failure store answers ${status}: ${JSON.stringify(json)}`);
  return (json as { count: number }).count;
}

export function textOf({ fields }: FlowDocument, name: string): string {
  const value = fields.get(name);
  return typeof value === 'string' || typeof value === 'number' ? String(value) : '';
}

/** 0 where it is absent. */
export function numberOf({ fields }: FlowDocument, name: string): number {
  return Number(fields.get(name) ?? 0);
}

/** Both ways, as the perspective counted that the document was made of. */
export function bytesOf(document: FlowDocument): number {
  return numberOf(document, 'source.bytes') + numberOf(document, 'destination.bytes');
}

/** The same as the server's observer counted, where both told. */
export function serverBytesOf(document: FlowDocument): number {
  return numberOf(document, 'podflow.server.bytes') + numberOf(document, 'podflow.server.reverse_bytes');
}

/** Connections that began in the interval. */
export function begunOf(document: FlowDocument): number {
  return numberOf(document, 'podflow.connections');
}

export function isJoined(document: FlowDocument): boolean {
  return textOf(document, 'podflow.perspectives') === 'both';
}

/** `client address:port server address:port`, as podflow resolved them. */
export function tupleOf(document: FlowDocument): string {
  const end = (side: string): string => `${textOf(document, `${side}.ip`)}:${textOf(document, `${side}.port`)}`;
  return `${end('source')} ${end('destination')}`;
}

/** End of the interval, Unix epoch. */
export function timeMsOf(document: FlowDocument): number {
  return Date.parse(textOf(document, '@timestamp'));
}

function* listFields(value: object, prefix: string): Generator<[string, unknown]> {
  for (const [key, member] of Object.entries(value) as [string, unknown][]) {
    const isObject = typeof member === 'object' && member !== null && !Array.isArray(member);
    if (isObject) yield* listFields(member, `${prefix}${key}.`);
    else yield [prefix + key, member];
  }
}
