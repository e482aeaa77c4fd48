import { FOUND_FIELDS, type FoundDocument } from '../../support/enrich/found-documents.ts';
import type { ElasticsearchServer } from './start-elasticsearch.ts';

interface ScrollPage {
  readonly _scroll_id: string;
  readonly hits: { readonly hits: readonly { readonly _source: FoundDocument }[] };
}

const PAGE = 10_000;

/** All documents of a data stream, the fields that tests compare, read without the client that is under test. */
export async function readFlowDocuments({ admin }: ElasticsearchServer, stream: string): Promise<FoundDocument[]> {
  const encoded = encodeURIComponent(stream);
  await admin('POST', `/${encoded}/_refresh`);
  const documents: FoundDocument[] = [];
  const search = { size: PAGE, sort: ['_doc'], _source: FOUND_FIELDS };
  let { status, json } = await admin('POST', `/${encoded}/_search?scroll=1m`, search);
  for (;;) {
    if (status !== 200) throw new Error(`${stream} cannot be read: ${status} ${JSON.stringify(json)}`);
    const { _scroll_id: id, hits } = json as ScrollPage;
    if (hits.hits.length === 0) return documents;
    for (const { _source: source } of hits.hits) documents.push(source);
    ({ status, json } = await admin('POST', '/_search/scroll', { scroll: '1m', scroll_id: id }));
  }
}
