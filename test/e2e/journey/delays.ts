import { setTimeout as delay } from 'node:timers/promises';
import type { ElasticsearchServer } from '../elasticsearch/start-elasticsearch.ts';
import type { Prometheus } from '../prometheus/start-prometheus.ts';
import { DATA_STREAM } from './flow-document.ts';

const POLL_MS = 100;
const INTERVALS = 50;

/** So many came so late. */
export interface Delay {
  readonly delayMs: number;
  readonly count: number;
}

/** Of documents, also who told: `both`, `client`, `server`. */
export interface DocumentDelay extends Delay {
  readonly perspectives: string;
}

/**
 * Polls until `untilMs`; tells of each document how long after the end of its interval a search found it, to a poll's
 * time, of intervals that ended after `fromMs`.
 */
export async function watchDocuments(
  { admin }: ElasticsearchServer,
  fromMs: number,
  untilMs: number,
): Promise<readonly DocumentDelay[]> {
  const terms = { field: '@timestamp', order: { _key: 'desc' }, size: INTERVALS };
  const perspectives = { terms: { field: 'podflow.perspectives' } };
  const body = { size: 0, aggs: { ends: { terms, aggs: { perspectives } } } };
  const seen = new Map<string, number>();
  const delays: DocumentDelay[] = [];
  for (; Date.now() < untilMs; await delay(POLL_MS)) {
    const { json } = await admin('POST', `/${DATA_STREAM}/_search?ignore_unavailable=true`, body);
    const atMs = Date.now();
    for (const { endMs, ...found } of readBuckets(json as Found)) {
      const id = `${endMs} ${found.perspectives}`;
      const count = found.count - (seen.get(id) ?? 0);
      seen.set(id, found.count);
      if (endMs > fromMs && count > 0) delays.push({ ...found, delayMs: atMs - endMs, count });
    }
  }
  return delays;
}

function readBuckets({ aggregations }: Found): { endMs: number; perspectives: string; count: number }[] {
  const ends = aggregations?.ends?.buckets ?? [];
  return ends.flatMap(({ key: endMs, perspectives: { buckets } }) =>
    buckets.map(({ key: perspectives, doc_count: count }) => ({ endMs, perspectives, count })),
  );
}

interface Found {
  readonly aggregations?: {
    readonly ends?: {
      readonly buckets: readonly {
        readonly key: number;
        readonly perspectives: { readonly buckets: readonly { readonly key: string; readonly doc_count: number }[] };
      }[];
    };
  };
}

/**
 * How long after the end of an interval its connections were in a counter that Prometheus had scraped: every scrape
 * between `fromMs` and `untilMs`, each increment belonging to the interval that ended last.
 */
export async function readCounterDelays(
  { url }: Prometheus,
  { fromMs, untilMs, intervalMs }: { fromMs: number; untilMs: number; intervalMs: number },
): Promise<readonly Delay[]> {
  const rangeSeconds = Math.ceil((untilMs - fromMs) / 1000);
  const query = encodeURIComponent(`podflow_flow_connections_total[${rangeSeconds}s]`);
  const response = await fetch(`${url}/api/v1/query?time=${untilMs / 1000}&query=${query}`);
  const { data } = (await response.json()) as Matrix;
  return data.result.flatMap(({ values }) =>
    values.slice(1).flatMap(([seconds, value], i) => {
      const count = Number(value) - Number(values[i]?.[1]);
      return count > 0 ? [{ delayMs: (seconds * 1000) % intervalMs, count }] : [];
    }),
  );
}

interface Matrix {
  readonly data: { readonly result: readonly { readonly values: readonly (readonly [number, string])[] }[] };
}

/** The delay that the given share does not exceed. */
export function quantileOf(delays: readonly Delay[], share: number): number {
  const sorted = delays.toSorted((a, b) => a.delayMs - b.delayMs);
  const total = sorted.reduce((sum, { count }) => sum + count, 0);
  let below = 0;
  for (const { delayMs, count } of sorted) if ((below += count) >= total * share) return delayMs;
  return NaN;
}
