import type { StageAccount } from '../../model/stage.ts';
import type { EnrichParts } from './start-enrichment.ts';

/** What `--json` tells of an enrichment service: what came, what became of it, and what names were known. */
export function toEnrichSummary({ intake, names, join, outputs, sinks }: EnrichParts): object {
  const elasticsearch = outputs.elasticsearch?.counters();
  return {
    ...(intake === undefined ? {} : toReceived(intake)),
    join: join.counters(),
    names: names.index.counters(),
    ...(elasticsearch === undefined
      ? {}
      : { elasticsearch: { ...elasticsearch, requestsByStatus: Object.fromEntries(elasticsearch.requestsByStatus) } }),
    ...(outputs.bodyMap === undefined ? {} : { otlp: outputs.bodyMap.counters() }),
    ...(sinks.map === undefined ? {} : { map: sinks.map.counters() }),
    ...(sinks.writer === undefined ? {} : { documents: toDocuments(sinks.writer.account()) }),
  };
}

function toDocuments({ forwarded, dropped }: StageAccount): object {
  return { written: forwarded.records, dropped: Object.fromEntries(dropped) };
}

function toReceived({ receiver }: NonNullable<EnrichParts['intake']>): object {
  const { requestsByStatus, ...received } = receiver.counters();
  const { received: records, forwarded, dropped } = receiver.account();
  return {
    received: { ...received, requestsByStatus: Object.fromEntries(requestsByStatus) },
    records: { received: records, forwarded, dropped: Object.fromEntries(dropped) },
  };
}
