import { setTimeout as delay } from 'node:timers/promises';
import { FOUND_FIELDS, type FoundDocument } from '../../support/enrich/found-documents.ts';
import type { Admin } from './admin.ts';
import type { ElasticsearchServer } from './start-elasticsearch.ts';

interface ScrollPage {
  readonly _scroll_id: string;
  readonly hits: { readonly hits: readonly { readonly _source: FoundDocument }[] };
}

const PAGE = 2_000;
/** A server that has just worked off a backlog may have no memory to spare for a moment. */
const BUSY = 429;
const PATIENCE_MS = 30_000;
const PAUSE_MS = 500;

/** All documents of a data stream, the fields that tests compare, read without the client that is under test. */
export async function readFlowDocuments({ admin }: ElasticsearchServer, stream: string): Promise<FoundDocument[]> {
  const encoded = encodeURIComponent(stream);
  await ask(admin, `/${encoded}/_refresh`);
  const documents: FoundDocument[] = [];
  const search = { size: PAGE, sort: ['_doc'], _source: FOUND_FIELDS };
  let page = await ask(admin, `/${encoded}/_search?scroll=1m`, search);
  for (; page.hits.hits.length > 0; page = await ask(admin, '/_search/scroll', toNext(page)))
    for (const { _source: source } of page.hits.hits) documents.push(source);
  await admin('DELETE', '/_search/scroll', toId(page));
  return documents;
}

function toNext(page: ScrollPage): object {
  return { scroll: '1m', ...toId(page) };
}

function toId({ _scroll_id: id }: ScrollPage): object {
  return { scroll_id: id };
}

async function ask(admin: Admin, path: string, body?: object): Promise<ScrollPage> {
  for (const endMs = performance.now() + PATIENCE_MS; ; await delay(PAUSE_MS)) {
    const { status, json } = await admin('POST', path, body);
    if (status === 200) return json as ScrollPage;
    if (status !== BUSY || performance.now() > endMs)
      throw new Error(`POST ${path} was answered ${status}: ${JSON.stringify(json)}`);
  }
}
