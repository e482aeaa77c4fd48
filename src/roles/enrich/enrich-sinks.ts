import { toFrameCount } from '../../lib/frame-count.ts';
import { DeniedPairs } from '../../map/denied-pairs.ts';
import { FlowMap } from '../../map/flow-map.ts';
import type { ConnectionSink } from '../../model/connection-output.ts';
import type { Connection } from '../../model/connection.ts';
import type { RoleContext } from '../../model/role-context.ts';
import { createTextSink } from '../../output/create-record-writer.ts';
import { RecordWriter } from '../../output/record-writer.ts';
import { ConnectionCounters, PAIR_GROUPS } from '../../prometheus/connection/connection-counters.ts';
import { RecentFlows } from '../../web/api/recent-flows.ts';
import { createConnectionFormat } from './connection-format.ts';
import type { ServiceSettings } from './start-enrichment.ts';
import { withoutUnroutedServers } from './without-unrouted-servers.ts';

/** What takes connections when all outputs have them. */
export interface EnrichSinks {
  readonly all: readonly ConnectionSink[];
  readonly pairs: ConnectionCounters | undefined;
  readonly map: FlowMap | undefined;
  readonly denied: DeniedPairs | undefined;
  readonly recent: RecentFlows | undefined;
  readonly writer: RecordWriter<Connection> | undefined;
}

export interface EnrichSinkOptions {
  readonly furtherSinks: readonly ConnectionSink[] | undefined;
  /** The map's clock, milliseconds since the Unix epoch. */
  readonly nowMs: () => number;
  /** Whether nothing but the connection itself tells whether another replica counts it too. */
  readonly mustChoose: boolean;
}

export function createEnrichSinks(
  settings: ServiceSettings,
  context: Pick<RoleContext, 'log' | 'stdout'>,
  { mustChoose, furtherSinks = [], nowMs }: EnrichSinkOptions,
): EnrichSinks {
  const pairs = createPairs(settings);
  const hasApi = settings.api === 'on';
  const { intervalMs, mapWindowMs: windowMs, recentFlows: flowLimit } = settings;
  const map = hasApi ? new FlowMap({ windowMs, intervalMs, nowMs }) : undefined;
  const denied = hasApi ? new DeniedPairs({ windowMs, nowMs }) : undefined;
  const recent = hasApi ? new RecentFlows({ flowLimit }) : undefined;
  const writer = settings.documents === 'none' ? undefined : createWriter(settings, settings.documents, context);
  const counted = pairs !== undefined && mustChoose ? withoutUnroutedServers(pairs) : pairs;
  const all = [counted, map, denied, recent, writer, ...furtherSinks].filter((sink) => sink !== undefined);
  return { all, pairs, map, denied, recent, writer };
}

function createPairs({
  flowSeries,
  pairSeriesLimit,
  pairSeriesTtlMs,
}: ServiceSettings): ConnectionCounters | undefined {
  if (flowSeries === 'none') return undefined;
  const groups = flowSeries === 'both' ? PAIR_GROUPS : [flowSeries];
  return new ConnectionCounters({ groups, podPairLimit: pairSeriesLimit, pairSeriesTtlMs });
}

function createWriter(
  { outputFile, documentNamespace }: ServiceSettings,
  form: 'ndjson' | 'ecs',
  { log, stdout }: Pick<RoleContext, 'log' | 'stdout'>,
): RecordWriter<Connection> {
  const format = createConnectionFormat(form, documentNamespace);
  const framesOf = ({ record }: Connection): number => toFrameCount(record);
  return new RecordWriter<Connection>({ format, framesOf, sink: createTextSink(outputFile, stdout), log });
}
