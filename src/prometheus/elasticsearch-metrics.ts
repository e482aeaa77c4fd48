import type { Registry } from 'prom-client';
import type { ElasticsearchCounters } from '../model/elasticsearch-counters.ts';
import { METRICS } from './metric-list.ts';
import { registerGroup, type Report } from './register-group.ts';

/** Answers that stand at 0 from the start, 0 being none: Prometheus makes no rate of a series that begins above 0. */
const USUAL_CODES = [200, 413, 429, 503, 0] as const;

/** Shows the documents and requests of the Elasticsearch writer. */
export function registerElasticsearchMetrics(registry: Registry, read: () => ElasticsearchCounters): void {
  const { elasticsearchDocuments, elasticsearchIgnoredFields, elasticsearchRequests } = METRICS;
  const { elasticsearchRetried, elasticsearchSplit, elasticsearchPostponed, elasticsearchSentBytes } = METRICS;
  const { elasticsearchInFlight, elasticsearchPending, elasticsearchAway } = METRICS;
  const documents = [elasticsearchDocuments, elasticsearchIgnoredFields, elasticsearchRetried];
  const requests = [elasticsearchRequests, elasticsearchSplit, elasticsearchPostponed, elasticsearchSentBytes];
  const state = [elasticsearchInFlight, elasticsearchPending, elasticsearchAway];
  registerGroup(registry, [...documents, ...requests, ...state], (report) => {
    const counters = read();
    for (const [outcome, count] of Object.entries(counters.documents))
      report(elasticsearchDocuments, { outcome }, count);
    report(elasticsearchIgnoredFields, {}, counters.ignoredFieldDocuments);
    report(elasticsearchRetried, {}, counters.retriedDocuments);
    reportRequests(report, counters.requestsByStatus);
    report(elasticsearchSplit, {}, counters.splitBodies);
    report(elasticsearchPostponed, {}, counters.postponedBatches);
    report(elasticsearchSentBytes, {}, counters.sentBytes);
    report(elasticsearchInFlight, {}, counters.inFlightRequests);
    report(elasticsearchPending, {}, counters.pendingBytes);
    report(elasticsearchAway, {}, counters.isAway ? 1 : 0);
  });
}

function reportRequests(report: Report, requestsByStatus: ReadonlyMap<number, number>): void {
  for (const status of new Set([...USUAL_CODES, ...requestsByStatus.keys()])) {
    const code = status === 0 ? 'none' : String(status);
    report(METRICS.elasticsearchRequests, { code }, requestsByStatus.get(status) ?? 0);
  }
}
